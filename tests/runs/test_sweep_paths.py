import os

import pytest

from rnnlab.errors import ConfigError
from rnnlab.runs.finding import find
from rnnlab.runs.reproduce import reproduce
from rnnlab.runs.resume import resume
from rnnlab.runs.sweep_paths import find_sweep, latest_attempt


@pytest.fixture
def outputs(tmp_path):
    for number, name in enumerate(["cell-1a", "cell-2b", "lr-3c"]):
        plan = tmp_path / "sweeps" / name / "sweep.json"
        plan.parent.mkdir(parents=True)
        plan.write_text("{}")
        os.utime(plan, (number, number if name != "cell-2b" else 9))
    return tmp_path


@pytest.mark.parametrize(
    ("said", "name"), [("cell-1a", "cell-1a"), ("lr", "lr-3c"), ("last", "cell-2b")]
)
def test_by_name_by_its_beginning_or_the_last(outputs, said, name):
    assert find_sweep(said, outputs) == outputs / "sweeps" / name


def test_by_its_folder(outputs, monkeypatch):
    monkeypatch.chdir(outputs / "sweeps")
    assert find_sweep("lr-3c", outputs / "elsewhere") == outputs / "sweeps" / "lr-3c"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("cell", "more than one sweep begins like this; valid: cell-1a, cell-2b"),
        ("cell-9", "no such sweep in .*; valid: last, cell-1a, cell-2b, lr-3c"),
        ("", "no such sweep"),
    ],
)
def test_what_is_not_one_sweep_is_told(outputs, said, why):
    with pytest.raises(ConfigError, match=why):
        find_sweep(said, outputs)


def test_where_there_is_none(tmp_path):
    with pytest.raises(ConfigError, match="there is no sweep in"):
        find_sweep("last", tmp_path)


@pytest.fixture
def swept(tmp_path):
    run = tmp_path / "runs" / "0123456789abcdef"
    for number in (9, 10, 11):
        (run / "attempts" / str(number)).mkdir(parents=True)
        if number < 11:  # the last is being made
            (run / "attempts" / str(number) / "config.yaml").write_text("seed: 0")
    (run / "config.yaml").write_text("seed: 0")
    return run


def test_of_a_run_of_a_sweep_the_last_attempt_that_is_ready_is_meant(swept, tmp_path):
    assert latest_attempt(swept) == swept / "attempts" / "10"
    assert find(str(swept), tmp_path).path == swept / "attempts" / "10"
    assert latest_attempt(tmp_path) is None


@pytest.mark.parametrize("verb", [resume, reproduce])
def test_an_attempt_is_not_gone_on_with_outside_of_its_sweep(swept, tmp_path, verb):
    with pytest.raises(ConfigError, match=r"belongs to a sweep; go on with .* rnnlab train -m"):
        verb(str(swept), tmp_path)
