"""What a search does while its runs go on; its runs compute a formula."""

import math
from collections import Counter

import pytest

from rnnlab.runs.folder import Status
from rnnlab.sweeps import search as searching
from rnnlab.sweeps.objectives import Objective
from rnnlab.sweeps.ranking import ranked
from rnnlab.sweeps.trial_ticket import TrialTicket
from tests.sweeps.searching import LOSS, Begun, Case, Maker, formula


@pytest.fixture
def case(tmp_path):
    return Case(tmp_path)


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch):
    # No power fails here, and nobody has to wait for other machines.
    monkeypatch.setattr("os.fsync", lambda file: None)
    monkeypatch.setattr(searching, "_LOOK_EVERY", 0.0)
    monkeypatch.setattr("rnnlab.sweeps.driver._LOOK_ELSEWHERE_EVERY", 0.0)


def test_as_many_settings_are_tried_as_there_are_to_be_and_the_best_is_known(case):
    begun = case.begin(trials=12).to_the_end()
    assert len(begun.executor.order) == 12
    assert case.states() == {"COMPLETE": 12}
    values = [tried.values[0] for tried in case.tried()]
    first, *_ = ranked(begun.source.scored(), [LOSS])
    assert first.values == (min(values),)
    assert begun.source.exhausted


def test_a_value_is_that_of_the_run_that_the_setting_makes(case):
    case.begin(trials=5).to_the_end()
    for tried in case.tried():
        written = dict(item.split("=") for item in case.space.setting(tried.params).overrides)
        x, y = float(written["x"]), float(written["y"])
        loss = (x - 0.3) ** 2 + 0.1 * (1 - y) + (0.05 if written["kind"] == "a" else 0)
        assert tried.values == (pytest.approx(loss),)


def test_a_free_worker_gets_the_next_setting_while_another_one_still_works(case):
    begun = case.begin(trials=6, slots=2)
    begun.driver.tick()
    slow, _ = begun.executor.running
    begun.executor.held.add(slow)
    begun.ticks(8)
    # There was no round to wait for: all others are over.
    assert begun.executor.running == [slow]
    assert len(begun.executor.order) == 6
    assert case.states() == {"COMPLETE": 5, "RUNNING": 1}
    begun.executor.held.clear()
    begun.to_the_end()
    assert case.states() == {"COMPLETE": 6}


@pytest.mark.parametrize("search", ["random", "tpe", "gp", "cmaes"])
def test_the_same_search_from_scratch_or_in_parts_tries_the_same(tmp_path, search):
    overrides = ("x=interval(-1,1)", "y=tag(log,interval(1e-3,1))")
    once = Case(tmp_path / "once", overrides)
    once.begin(trials=14, search=search).to_the_end()
    parts = Case(tmp_path / "parts", overrides)
    parts.begin(trials=5, search=search).to_the_end()
    parts.begin(trials=14, search=search).to_the_end()
    asked = [tried.params for tried in once.tried()]
    assert asked == [tried.params for tried in parts.tried()]
    assert len({tuple(params.values()) for params in asked}) == 14


def test_tpe_learns(tmp_path):
    def late_mean(search):
        case = Case(tmp_path / search, ("x=interval(-1,1)", "y=interval(0,1)"))
        case.begin(trials=40, search=search).to_the_end()
        values = [tried.values[0] for tried in case.tried()]
        return sum(values[20:]) / 20

    assert late_mean("tpe") < 0.6 * late_mean("random")


def test_more_trials_go_on_and_execute_nothing_twice(case):
    case.begin(trials=4).to_the_end()
    again = case.begin(trials=4).to_the_end()
    assert again.executor.order == []
    assert {outcome.status for outcome in again.driver.outcomes} == {Status.FINISHED}
    assert len(again.driver.outcomes) == 4
    more = case.begin(trials=7).to_the_end()
    assert len(more.executor.order) == 3
    assert case.states() == {"COMPLETE": 7}
    assert all(run.numbers() == [1] for run in case.folder.runs())


def test_a_setting_whose_driver_was_killed_after_choosing_it_is_run_by_the_next(case):
    killed = case.begin(trials=3)
    job = killed.source.next()
    assert job is not None
    assert case.states() == {"RUNNING": 1}
    begun = case.begin(trials=3).to_the_end()
    assert begun.executor.order[0] == job.fingerprint
    assert len(begun.executor.order) == 3
    assert case.states() == {"COMPLETE": 3}


def test_a_setting_that_was_not_wholly_chosen_does_not_count(case):
    study = case.study(trials=3)
    half = study._study.ask()
    half.suggest_float("x", -1, 1)
    case.begin(trials=3).to_the_end()
    assert case.states() == {"COMPLETE": 3}
    fresh = Case(case.outputs / "fresh")
    fresh.begin(trials=3).to_the_end()
    assert [t.params for t in fresh.tried()] == [t.params for t in case.tried()]


def test_a_finished_run_that_was_never_told_is_told_and_not_run_again(case, monkeypatch):
    killed = case.begin(trials=2)

    def die(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(killed.source._study, "tell", die)
    with pytest.raises(KeyboardInterrupt):
        killed.to_the_end()
    assert case.states() == {"RUNNING": 1}
    begun = case.begin(trials=2).to_the_end()
    assert len(begun.executor.order) == 1
    assert case.states() == {"COMPLETE": 2}


def test_a_setting_that_was_tried_before_counts_and_is_not_run_again(tmp_path):
    case = Case(tmp_path, ("kind=a,b", "y=choice(0.1,0.2)"))
    begun = case.begin(trials=20, slots=2).to_the_end()
    assert len(begun.executor.order) == len(set(begun.executor.order)) == 4
    assert case.states() == {"COMPLETE": 20}
    values = {}
    for tried in case.tried():
        values.setdefault(str(tried.params), set()).add(tried.values)
    assert all(len(same) == 1 for same in values.values())


def test_a_setting_that_is_running_is_waited_for_by_its_double(tmp_path):
    case = Case(tmp_path, ("kind=a,b", "y=choice(0.1,0.2)"))
    begun = case.begin(trials=20, slots=4)
    begun.driver.tick()
    begun.executor.held.update(begun.executor.running)
    begun.ticks(5)
    assert len(begun.executor.order) == 4
    begun.executor.held.clear()
    begun.to_the_end()
    assert case.states() == {"COMPLETE": 20}


def test_a_setting_that_cannot_be_made_fails_with_its_cause_and_the_search_goes_on(tmp_path):
    maker = Maker(lambda values: float(values["x"]) < 0)
    case = Case(tmp_path, maker=maker)
    begun = case.begin(trials=12).to_the_end()
    states = case.states()
    assert states["FAIL"] > 0
    assert states["COMPLETE"] == len(begun.executor.order) == 12 - states["FAIL"]
    causes = {tried.cause for tried in case.tried() if tried.state == "FAIL"}
    assert all("is wrong" in cause for cause in causes)
    assert sum(line.startswith("trial ") for line in case.said) == states["FAIL"]


def test_a_run_that_fails_or_has_no_finite_value_fails_its_setting(case):
    def compute(config):
        x = float(config.x)
        if x < -0.5:
            raise ValueError("the loss is NaN")
        return {"loss": math.inf} if x > 0.5 else formula(config)

    begun = case.begin(trials=20, compute=compute).to_the_end()
    causes = Counter(tried.cause for tried in case.tried())
    assert set(causes) == {None, "the loss is NaN", "val/loss is inf"}
    assert len(begun.executor.order) == 20
    assert causes[None] == case.states()["COMPLETE"]


def test_a_failure_is_retried_before_its_setting_fails(case):
    failures = Counter()

    def compute(config):
        failures[config.x] += 1
        if failures[config.x] == 1:
            raise ValueError("a hiccup")
        return formula(config)

    begun = case.begin(trials=3, compute=compute, retries=1).to_the_end()
    assert case.states() == {"COMPLETE": 3}
    assert len(begun.executor.order) == 6


def test_the_value_of_several_seeds_is_their_mean_once_all_are_over(tmp_path):
    case = Case(tmp_path, seeds=3)
    begun = case.begin(trials=2, slots=3)
    begun.driver.tick()
    slow, *_ = begun.executor.running
    begun.executor.held.add(slow)
    begun.ticks(3)
    assert [tried.state for tried in case.tried()] == ["RUNNING", "COMPLETE"]
    begun.executor.held.clear()
    begun.to_the_end()
    assert len(begun.executor.order) == 6
    for tried in case.tried():
        x, y = tried.params["x"], tried.params["y"]
        loss = (x - 0.3) ** 2 + 0.1 * (1 - y) + (0.05 if tried.params["kind"] == "a" else 0)
        assert tried.values == (pytest.approx(loss + 0.001),)  # seeds 0, 1, 2
        assert sorted(tried.runs.values()) == [0, 1, 2]


def test_the_best_settings_run_again_with_fresh_seeds_when_all_are_over(tmp_path):
    case = Case(tmp_path, seeds=2)
    begun = case.begin(trials=8, slots=3, confirm=2, confirm_seeds=3).to_the_end()
    assert len(begun.executor.order) == 8 * 2 + 2 * 3
    top = ranked(begun.source.scored(), [LOSS])[:2]
    jobs = begun.source.confirming
    assert [job.setting_fingerprint for job in jobs] == [s.fingerprint for s in top for _ in "abc"]
    assert [job.seed for job in jobs] == [2, 3, 4] * 2  # 0 and 1 were used
    assert begun.executor.order[16:] == [job.fingerprint for job in jobs]
    # The runs that confirm tell the study nothing.
    assert case.states() == {"COMPLETE": 8}
    again = case.begin(trials=8, confirm=2, confirm_seeds=3).to_the_end()
    assert again.executor.order == []
    assert [job.fingerprint for job in again.source.confirming] == [j.fingerprint for j in jobs]


def test_of_several_objectives_those_on_the_front_are_confirmed(tmp_path):
    both = (LOSS, Objective("parameters", "minimize"))
    case = Case(tmp_path, ("x=range(0,10)",), both)

    def compute(config):
        x = int(config.x)
        return {"loss": abs(x - 6.0), "parameters": x + 1}

    begun = case.begin(trials=60, compute=compute, confirm=3, confirm_seeds=1).to_the_end()
    front = ranked(begun.source.scored(), both)
    tried = {int(scored.setting.swept["x"]) for scored in begun.source.scored()}
    # More parameters than x=6 has are worse in both.
    assert [int(scored.setting.swept["x"]) for scored in front] == sorted(
        (x for x in tried if x <= 6), reverse=True
    )
    chosen = [int(job.combination.swept["x"]) for job in begun.source.confirming]
    assert len(chosen) == 3
    assert (chosen[0], chosen[-1]) == (max(x for x in tried if x <= 6), min(tried))
    assert not any(begun.executor.tickets)


def test_each_run_of_one_objective_knows_its_trial_before_it_begins(case):
    begun = case.begin(trials=3).to_the_end()
    assert begun.executor.tickets == [True] * 3
    name = case.study().name
    for tried in case.tried():
        (fingerprint,) = tried.runs
        ticket = TrialTicket.read(case.folder.run(fingerprint).path)
        assert ticket == TrialTicket(None, name, tried.number, "val/loss", "minimize")


def test_two_drivers_try_together_as_many_as_one(case):
    first, second = case.begin(trials=11, slots=2), case.begin(trials=11, slots=2)
    left = [True, True]
    for _ in range(500):
        left = [each.driver.tick() for each in (first, second)]
        if not any(left):
            break
    assert left == [False, False]
    assert case.states() == {"COMPLETE": 11}
    done = first.executor.order + second.executor.order
    assert len(done) == len(set(done)) == 11
    assert first.executor.order
    assert second.executor.order
    # Both have the whole answer.
    assert first.source.scored() == second.source.scored()
    assert len(first.driver.outcomes) == len(second.driver.outcomes) == 11
    assert len(case.folder.read_plan()["runs"]) == 11


def test_what_another_driver_has_begun_and_left_is_taken_up_at_the_end(case):
    first, second = case.begin(trials=4), case.begin(trials=4)
    first.driver.tick()
    first.executor.held.update(first.executor.running)
    second.ticks(10)
    assert second.driver.elsewhere or second.driver.tick()
    assert case.states() == {"COMPLETE": 3, "RUNNING": 1}
    (held,) = first.executor.running
    case.folder.run(held).attempt(1).write_status(Status.KILLED, "the machine was lost")
    second.to_the_end()
    assert held in second.executor.order
    assert case.states() == {"COMPLETE": 4}


def test_draining_leaves_the_rest_for_the_next_command(case):
    begun = case.begin(trials=5, slots=2)
    begun.driver.tick()
    begun.driver.drain()
    begun.to_the_end()
    assert not begun.source.exhausted
    assert case.states() == {"COMPLETE": 2}
    case.begin(trials=5).to_the_end()
    assert case.states() == {"COMPLETE": 5}


def test_a_long_plan_lists_what_was_chosen(case):
    case.begin(trials=3).to_the_end()
    runs = case.folder.read_plan()["runs"]
    assert {run["fingerprint"] for run in runs.values()} == {
        fingerprint for tried in case.tried() for fingerprint in tried.runs
    }
    assert isinstance(case.begin(trials=3), Begun)  # planning again forgets none
    assert case.folder.read_plan()["runs"] == runs
