from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.errors import ConfigError, ConfigErrors, Refused
from rnnlab.sweeps.plan import plan
from tests.runs.conftest import SMALL

HERE = [*SMALL, "output_dir=outputs"]


@pytest.fixture(autouse=True)
def nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    yield
    made = {path.name for path in tmp_path.iterdir()}
    assert made <= {"site", "cache"}  # the plugin, and what is remembered of it


def lines(overrides: list[str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        plan([*HERE, *overrides])
    error = caught.value
    return [str(each) for each in (error.errors if isinstance(error, ConfigErrors) else [error])]


def test_every_run_has_a_whole_config_and_says_what_is_its_own() -> None:
    jobs = plan([*HERE, "cell=gru,lstm", "seed=0,1"])
    assert [str(job) for job in jobs] == [
        "cell=gru seed=0", "cell=gru seed=1", "cell=lstm seed=0", "cell=lstm seed=1",
    ]  # fmt: skip
    assert [(job.config.choices.cell, job.config.seed) for job in jobs] == [
        ("gru", 0), ("gru", 1), ("lstm", 0), ("lstm", 1),
    ]  # fmt: skip
    assert all(job.config.cell.hidden_size == 8 for job in jobs)
    assert [job.setting for job in jobs[1:3]] == [{"cell": "gru"}, {"cell": "lstm"}]


def test_one_run_is_a_sweep_too() -> None:
    (job,) = plan(HERE)
    assert (str(job), job.setting) == ("digits_rows", {})


def test_a_plugins_cell_is_swept(stranger: Path) -> None:
    jobs = plan([*HERE, "cell=leaky,gru"])
    assert jobs[0].config.cell._target_ == "stranger_cells.leaky.Leaky"


def test_all_mistakes_of_all_runs_are_told_once() -> None:
    found = lines(["cell=gru,nope", "seed=0,-1", "trainer.batch_size=0", "trainer.x=3"])
    assert [line.partition("; valid")[0] for line in found] == [
        "trainer.x: is not a key of trainer",
        "trainer.batch_size=0: must be >= 1",
        "seed=-1: must be >= 0 and <= 4294967295 (cell=gru seed=-1 and 1 more)",
        "cell=nope: is not an option",
    ]
    # Which runs have it stands at the end.
    assert found[3].endswith("(cell=nope seed=0 and 1 more)")


def test_seeds_are_not_counted_yet() -> None:
    (line,) = lines(["cell=gru,lstm", "seeds=3"])
    assert line.startswith("seeds: is not a key of the config; did you mean seed?; valid: ")


def test_what_does_not_fit_together_is_told_before_the_first_run() -> None:
    (line,) = lines(["task=many_to_one,one_to_one", "seed=0,1"])
    assert line.startswith("task=one_to_one: ")
    assert line.endswith("(task=one_to_one seed=0)")


def test_what_must_not_be_built_is_refused() -> None:
    with pytest.raises(Refused, match=r"cell\._target_=os\.system: only classes of"):
        plan([*HERE, "cell._target_=os.system,rnnlab.cells.gru.GRU"])


@pytest.mark.parametrize("names", ["name=one", "name=one,two"])
def test_runs_do_not_share_a_name(names: str) -> None:
    (line,) = lines([names, "seed=0,1"])[:1]
    assert line.startswith("name=one: would be the name of 2 runs; without it each gets its own")


def test_each_run_may_be_named() -> None:
    assert [job.config.name for job in plan([*HERE, "name=one,two"])] == ["one", "two"]


def test_a_name_that_is_taken_is_told_at_once(tmp_path: Path) -> None:
    outputs = tmp_path / "site" / "outputs"
    (outputs / "digits_rows" / "two").mkdir(parents=True)
    (line,) = lines(["name=one,two", f"output_dir={outputs}"])
    assert line == "name=two: a run of that name exists; choose another (name=two)"
