from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.config.composer import Composer
from rnnlab.errors import ConfigError, Refused
from rnnlab.sweeps.request import Request, read_request

LOAD = Composer().load


def asked(*overrides: str) -> Request:
    return read_request(overrides, LOAD)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write ``conf/sweep/mine.yaml``; what is read depends on the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(text: str, name: str = "sweep/mine.yaml") -> None:
        path = tmp_path / "conf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return write


def mine(*overrides: str) -> Request:
    return read_request(["sweep=mine", *overrides], Composer().load)


def test_a_file_asks_for_what_the_command_line_could() -> None:
    found = asked("sweep=architectures", "seeds=3", "optimizer.lr=1,2", "sweep.workers=2")
    assert found.overrides == ("cell=rnn,irnn,jordan,gru,lstm", "optimizer.lr=1,2")
    assert found.about == ("sweep=architectures", "seeds=3", "sweep.workers=2")
    assert (found.option, found.seeds, found.options.workers) == ("architectures", 3, 2)


@pytest.mark.parametrize("item", ["cell=mgu", "cell=a,b", "++cell=x", "cell@y=a", "~cell"])
def test_the_command_line_wins_over_the_file(item: str) -> None:
    assert asked("sweep=architectures", item).overrides == (
        (item,) if "@" not in item else ("cell=rnn,irnn,jordan,gru,lstm", item)
    )


def test_values_are_written_as_yaml_has_them(own) -> None:
    own(
        "params:\n  seed: 3\n  cell: gru\n  trainer.patience: null\n"
        "  a: true\n  b: 1e-3,2\n  c: .5\n"
    )
    assert mine().overrides == (
        "seed=3", "cell=gru", "trainer.patience=null", "a=true", "b=1e-3,2", "c=0.5",
    )  # fmt: skip


def test_seeds_may_be_the_files(own) -> None:
    own("seeds: [3, 7]\nname: mine\n")
    assert (mine().seeds, mine().options.name) == ([3, 7], "mine")
    assert mine("seeds=2").seeds == 2


def test_an_experiment_may_choose_its_sweep(own) -> None:
    own("# @package _global_\ndefaults:\n  - override /sweep: learning_rate\nseeds: 4\n",
        "experiment/ours.yaml")  # fmt: skip
    found = read_request(["experiment=ours"], Composer().load)
    assert found.overrides[0].startswith("optimizer.lr=1e-4,")
    assert (found.option, found.seeds) == ("learning_rate", 4)


def test_what_the_environment_holds_stays_out(own, monkeypatch) -> None:
    monkeypatch.setenv("SECRET_URI", "http://me:password@host")
    own("params:\n  tracking.uri: ${oc.env:SECRET_URI}\n  cell: ${oc.env:NOT_THERE},gru\n")
    assert mine().overrides == ("tracking.uri=${oc.env:SECRET_URI}", "cell=${oc.env:NOT_THERE},gru")


@pytest.mark.parametrize(
    ("params", "line"),
    [
        (
            "cell: [gru, lstm]",
            r"sweep\.params\.cell=\['gru', 'lstm'\]: must be a text as on a comm",
        ),
        ("seeds: 3", r"sweep\.params\.seeds: is no key of a run"),
        ("sweep.workers: 3", r"sweep\.params\.sweep\.workers: is no key of a run"),
        ("name: a,b", r"sweep\.params\.name: is no key of a run"),
    ],
)
def test_what_a_file_cannot_ask_for(own, params: str, line: str) -> None:
    own(f"params:\n  {params}\n")
    with pytest.raises(ConfigError, match=line):
        mine()


@pytest.mark.parametrize("content", ["params: 3", "seeds: x", "nonsense: 1", "name: ${nowhere}"])
def test_a_wrong_file_is_left_to_whoever_checks_each_run(own, content: str) -> None:
    own(f"{content}\n")
    assert mine("cell=gru,lstm").overrides == ("cell=gru,lstm",)


def test_no_file_sets_up_hydra(own) -> None:
    own("params:\n  hydra.run.dir: x\n")
    assert mine().overrides == ("hydra.run.dir=x",)  # refused when it is composed
    with pytest.raises(Refused):
        asked("hydra.run.dir=x")
