"""``rnnlab train -m sweep.search=…`` as a person uses it, with runs that train."""

import os
import re
import signal
import time

import pytest

from rnnlab.runs.folder import Status
from rnnlab.sweeps.study_storage import open_storage
from tests.sweeps.test_sweep import Sweep

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

SPACE = ["optimizer.lr=tag(log,interval(1e-4,1e-1))", "backbone.layers=range(1,3)"]
SHORT = ["trainer.max_epochs=1", "tracking.enabled=false", "sweep.workers=1"]


class Search(Sweep):
    def trials(self):
        storage = open_storage(None, self.folder.path)
        (study,) = storage.get_all_studies()
        return storage.get_all_trials(study._study_id)

    def params(self):
        return [trial.params for trial in self.trials()]


@pytest.fixture
def sweep(tmp_path):
    return Search(tmp_path / "outputs")


@pytest.mark.parametrize("search", ["random", "tpe", "gp", "cmaes"])
def test_each_search_on_real_runs(sweep, search):
    code, out, err = sweep.run(*SHORT, *SPACE, f"sweep.search={search}", "sweep.trials=4")
    assert code == 0, err
    assert f"sweep small: {search}, 4 trials for val/accuracy (maximize)" in out
    assert sweep.statuses() == [Status.FINISHED] * len(sweep.folder.runs())
    trials = sweep.trials()
    assert [trial.state.name for trial in trials] == ["COMPLETE"] * 4
    # What the study knows is what the runs have found.
    for trial in trials:
        (fingerprint,) = trial.user_attrs["runs"]
        result = sweep.folder.run(fingerprint).believed().read_result()
        assert trial.values == [result["scores"]["val"]["accuracy"]]
    best = max(trials, key=lambda trial: trial.value)
    (again,) = re.findall(r"again: rnnlab train (.*)", out)
    assert f"optimizer.lr={best.params['optimizer.lr']!r}" in again


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_search_goes_on_and_counts_right(sweep):
    options = [*SPACE, "sweep.search=tpe", "sweep.trials=4", *SHORT, "trainer.max_epochs=20"]
    process = sweep.start(*options)
    sweep.wait_for(Status.FINISHED, 1, process)
    sweep.wait_for(Status.RUNNING, 1, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    deadline = time.monotonic() + 60
    while Status.RUNNING in sweep.statuses() and time.monotonic() < deadline:
        time.sleep(0.2)  # its worker leaves with a snapshot
    begun = sweep.params()
    code, _, err = sweep.run(*options)
    assert code == 0, err
    assert [trial.state.name for trial in sweep.trials()] == ["COMPLETE"] * 4
    assert sweep.params()[: len(begun)] == begun
    assert sweep.statuses() == [Status.FINISHED] * 4
    whole = Search(sweep.outputs.parent / "whole")
    code, _, err = whole.run(*options)
    assert code == 0, err
    assert whole.params() == sweep.params()
    assert [trial.values for trial in whole.trials()] == [t.values for t in sweep.trials()]


def test_ctrl_c_lets_runs_end_and_the_same_command_goes_on(sweep):
    options = [*SPACE, "sweep.search=random", "sweep.trials=3", *SHORT, "trainer.max_epochs=20"]
    process = sweep.start(*options)
    sweep.wait_for(Status.RUNNING, 1, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "best of 1 setting" in out
    assert [trial.state.name for trial in sweep.trials()] == ["COMPLETE"]
    code, out, err = sweep.run(*options)
    assert code == 0, err
    assert [trial.state.name for trial in sweep.trials()] == ["COMPLETE"] * 3
    assert sweep.attempts() == [[1]] * 3


def test_two_drivers_share_a_search_and_confirm_it_together(sweep):
    options = [*SPACE, "sweep.search=random", "sweep.trials=5", *SHORT, "seeds=2"]
    options += ["sweep.confirm=1", "sweep.confirm_seeds=2", "sweep.objective=val/loss"]
    both = [sweep.start(*options), sweep.start(*options)]
    said = [process.communicate(timeout=380) for process in both]
    for process, (out, err) in zip(both, said, strict=True):
        assert process.returncode == 0, err
        assert "test/loss, lower is better" in out.partition("confirmed: ")[2]
    assert [trial.state.name for trial in sweep.trials()] == ["COMPLETE"] * 5
    assert sweep.statuses() == [Status.FINISHED] * 12
    assert sweep.attempts() == [[1]] * 12
    assert (sweep.folder.path / "report.html").exists()
