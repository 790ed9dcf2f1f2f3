from __future__ import annotations

import pytest
import yaml  # type: ignore[import-untyped]

from rnnlab.config.flags import Swept, answer, swept
from rnnlab.errors import ConfigError


def test_overrides_alone_are_no_question() -> None:
    assert answer(["cell=gru", "seed=1"]) is None
    assert answer([]) is None


@pytest.mark.parametrize("flags", [["--cfg", "job"], ["-c", "job"], ["--cfg=job"]])
def test_the_config_as_yaml(flags: list[str]) -> None:
    text = answer(["cell=gru", *flags, "cell.hidden_size=5"])
    shown = yaml.safe_load(text or "")
    assert shown["cell"] == {"_target_": "rnnlab.cells.gru.GRU", "hidden_size": 5}
    assert shown["choices"]["cell"] == "gru"


def test_a_part_of_the_config() -> None:
    assert answer(["--cfg", "job", "--package", "optimizer.lr"]) == "0.001\n"
    with pytest.raises(ConfigError, match="--package=nope: there is no such key"):
        answer(["--cfg", "job", "-p", "nope"])


def test_help_lists_groups_components_and_the_config(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["--help", "cell=gru"]) == ""
    text = capsys.readouterr().out
    (line,) = [line for line in text.splitlines() if line.startswith("cell: ")]
    assert {"gru", "irnn", "jordan", "lstm", "rnn"} <= set(line.removeprefix("cell: ").split(", "))
    assert "_target_: rnnlab.cells.gru.GRU" in text


def test_the_search_path(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["--info", "searchpath"]) == ""
    assert "rnnlab://plugins" in capsys.readouterr().out


def test_hydras_own_part(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["--cfg", "hydra", "-p", "hydra.job.name"]) == ""
    assert capsys.readouterr().out == "rnnlab\n"


@pytest.mark.parametrize("flag", ["--nope", "--multi", "--config-dir=x", "-x"])
def test_other_flags_are_unknown(flag: str) -> None:
    with pytest.raises(ConfigError, match="there is no such option; valid: --help"):
        answer([flag])


@pytest.mark.parametrize("flags", [["--cfg", "nope"], ["--cfg"], ["--info", "nope"]])
def test_wrong_use_is_one_line(flags: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        answer(flags)
    assert str(caught.value).startswith(flags[0])


def test_a_wrong_override_is_still_an_error() -> None:
    with pytest.raises(ConfigError, match="cell=nope"):
        answer(["--cfg", "hydra", "cell=nope"])


@pytest.mark.parametrize("flag", ["-m", "--multirun"])
def test_a_run_of_each_value(flag: str) -> None:
    assert swept([flag, "seed=0,1"]) == swept(["seed=0,1", flag]) == Swept(["seed=0,1"], dry=False)
    assert swept([flag, "--dry-run"]) == Swept([], dry=True)
    assert swept(["seed=1", "name=-m"]) is None


def test_a_dry_run_is_one_of_several() -> None:
    with pytest.raises(ConfigError, match="--dry-run: belongs to -m"):
        swept(["--dry-run", "seed=0"])


def test_what_is_about_several_runs_is_no_config_of_one() -> None:
    with pytest.raises(ConfigError, match="seeds=5: is for several runs; add -m"):
        answer(["--cfg", "job", "seeds=5"])
    shown = yaml.safe_load(answer(["--cfg", "job"]) or "")
    assert not {"sweep", "seeds"} & {*shown, *shown["choices"]}


@pytest.mark.parametrize("other", ["--cfg", "--help", "-x"])
def test_several_runs_have_no_one_config_to_show(other: str) -> None:
    with pytest.raises(ConfigError, match=f"{other}: does not go with --multirun"):
        swept([other, "job", "-m"])
