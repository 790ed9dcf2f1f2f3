"""What a search does with runs that were given up; its runs compute a formula."""

import pytest

from rnnlab.runs.folder import Status
from rnnlab.sweeps import search as searching
from rnnlab.sweeps.pruner import Pruner
from rnnlab.sweeps.search_view import counts
from rnnlab.sweeps.study import How, Study
from rnnlab.sweeps.sweep import _left
from rnnlab.sweeps.trial_ticket import TrialTicket
from tests.sweeps.searching import LOSS, Case, Computing, formula


@pytest.fixture(autouse=True)
def looks_at_once(monkeypatch):
    monkeypatch.setattr(searching, "_LOOK_EVERY", 0.0)


class GivingUp(Computing):
    """Gives up what is far from the valley."""

    def _finish(self, attempt):
        code = super()._finish(attempt)
        if not code and attempt.read_result()["scores"]["val"]["loss"] > 0.3:
            attempt.result.unlink()
            attempt.write_status(Status.PRUNED, "pruned after 1 epoch")
        return code


def test_it_is_neither_a_failure_nor_tried_again(tmp_path):
    case = Case(tmp_path)
    begun = case.begin(trials=12)
    begun.driver._executor = executor = GivingUp(1, formula)
    begun.to_the_end()
    states = case.states()
    assert states["PRUNED"] >= 2
    assert states["COMPLETE"] >= 2
    assert states.total() == len(executor.order) == 12
    assert case.said == []
    assert not any(outcome.status is None for outcome in begun.driver.outcomes)
    assert not _left(_Planned(case.plan(12)), begun.source, begun.driver.outcomes)
    again = case.begin(trials=12).to_the_end()
    assert again.executor.order == []
    assert case.states() == states
    assert not _left(_Planned(case.plan(12)), again.source, again.driver.outcomes)


def test_the_plan_says_so(tmp_path):
    assert counts(Case(tmp_path).plan(9, pruner="hyperband")) == (
        "random, 9 trials for val/loss (minimize), pruned by hyperband"
    )


class _Planned:
    def __init__(self, search):
        self.search = search


def test_each_run_knows_by_which_rule_it_is_judged(tmp_path, monkeypatch):
    rule = Pruner("median", 2, 3, 9)
    monkeypatch.setattr("rnnlab.sweeps.search_plan.choose_pruner", lambda *_: rule)
    case = Case(tmp_path)
    case.begin(trials=2).to_the_end()
    tickets = [TrialTicket.read(run.path) for run in case.folder.runs()]
    assert [ticket.pruner for ticket in tickets] == [rule, rule]


@pytest.mark.parametrize("search", ["random", "tpe", "gp", "cmaes"])
def test_every_sampler_chooses_beside_hyperband(tmp_path, search):
    case = Case(tmp_path, ("x=interval(-1,1)", "y=interval(0,1)"))
    case.folder.path.mkdir(parents=True)
    how = How(search, 16, 0, "1", Pruner("hyperband", 1, 5, 9))
    study = Study(case.folder.path, None, case.space, (LOSS,), how)
    while (tried := study.ask()) is not None:
        study.note_runs(tried.number, "s", {f"{tried.number:x}": 0})
        study.tell(tried.number, [(tried.params["x"] - 0.3) ** 2])
    assert len({trial.params["x"] for trial in study.tried()}) == 16
