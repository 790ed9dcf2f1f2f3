import json
import threading

import pytest

from rnnlab.errors import StorageError
from rnnlab.sweeps.folder import SweepFolder, make
from rnnlab.sweeps.plan import Plan
from tests.sweeps.jobs import job

A, B = "0123456789abcdef", "fedcba9876543210"
PLAN = Plan("cells", (job(A, cell="gru"), job(B, cell="lstm", seed=0)))


def test_a_sweep_lies_below_the_runs_and_says_what_was_planned(tmp_path):
    folder = make(PLAN, tmp_path, ["cell=gru,lstm"], 2)
    assert folder.path == tmp_path / "sweeps" / "cells"
    said = folder.read_plan()
    assert said["overrides"] == "cell=gru,lstm"
    assert said["workers"] == 2
    assert said["runs"]["cell=gru"] == {"fingerprint": A, "setting": {"cell": "gru"}, "seed": 0}
    assert folder.runs() == []


def test_planning_again_keeps_the_runs(tmp_path):
    folder = make(PLAN, tmp_path, [], 2)
    run = folder.make_run(PLAN.jobs[0])
    again = make(PLAN, tmp_path, [], 1)
    assert again.runs() == [run]
    assert run.config.read_text().startswith("seed: 0")


def test_of_many_that_make_a_run_one_does(tmp_path):
    folder = make(PLAN, tmp_path, [], 2)
    made = []
    threads = [
        threading.Thread(target=lambda: made.append(folder.make_run(PLAN.jobs[0])))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [folder.run(A)] * 8
    assert [path.name for path in (folder.path / "runs").iterdir()] == [A]


def test_where_nothing_can_be_made_is_told(tmp_path):
    (tmp_path / "sweeps").write_text("a file")
    with pytest.raises(StorageError, match="sweeps"):
        make(PLAN, tmp_path, [], 1)


@pytest.mark.parametrize("fingerprint", ["../../x", "0123456789abcdeg", "", A + "0"])
def test_a_strangers_plan_leads_nowhere(tmp_path, fingerprint):
    folder = make(PLAN, tmp_path, [], 1)
    content = json.loads(folder.plan.read_text())
    content["runs"]["cell=gru"]["fingerprint"] = fingerprint
    folder.plan.write_text(json.dumps(content))
    with pytest.raises(StorageError, match="'cell=gru' has no fingerprint"):
        folder.read_plan()


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "x"}'])
def test_a_damaged_plan_is_told(tmp_path, text):
    folder = SweepFolder(tmp_path)
    folder.plan.write_text(text)
    with pytest.raises(StorageError, match="cannot be read"):
        folder.read_plan()


def test_what_is_chosen_meanwhile_is_added_to_the_plan(tmp_path):
    folder = make(PLAN, tmp_path, [], 2)
    more = job("0" * 16, cell="rnn")
    folder.plan_more([more])
    said = folder.read_plan()
    assert list(said["runs"]) == ["cell=gru", "cell=lstm", "cell=rnn"]
    assert said["goes_on"] is True
    folder.plan_more(goes_on=False)
    assert folder.read_plan() == {**said, "goes_on": False}
