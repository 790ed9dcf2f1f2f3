"""A grid whose best settings run again; its runs compute a formula."""

import pytest

from rnnlab.config.schema import Sweep
from rnnlab.sweeps.combinations import combinations
from rnnlab.sweeps.driver import Driver, Settings
from rnnlab.sweeps.folder import make
from rnnlab.sweeps.grid_confirmation import GridConfirmation
from rnnlab.sweeps.plan import Plan
from rnnlab.sweeps.replicates import Replicates
from tests.sweeps.searching import LOSS, Computing, Maker, formula


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch):
    monkeypatch.setattr("os.fsync", lambda file: None)


def confirmed(tmp_path, compute=formula, confirm=1, **options):
    maker = Maker()
    jobs, _ = maker.make(combinations(["x=0,0.2,0.5,1"]), Replicates(count=2))
    said = Sweep(confirm=confirm, confirm_seeds=3, **options)
    plan = Plan("s", tuple(jobs), said, objectives=(LOSS,), maker=maker)
    folder = make(plan, tmp_path, [], 2)
    source, executor = GridConfirmation(plan, folder.plan_more), Computing(3, compute)
    driver = Driver(folder, list(jobs), executor, Settings(retries=0), source=source)
    for _ in range(100):
        if not driver.tick():
            return source, executor, folder
    raise AssertionError("it does not end")


def test_the_best_run_again_with_fresh_seeds_when_all_are_over(tmp_path):
    source, executor, folder = confirmed(tmp_path)
    assert [str(job) for job in source.confirming] == [
        "x=0.2 seed=2",
        "x=0.2 seed=3",
        "x=0.2 seed=4",
    ]
    assert executor.order[8:] == [job.fingerprint for job in source.confirming]
    assert source.exhausted
    assert [s.setting.swept for s in source.scored()] == [
        {"x": x} for x in ("0", "0.2", "0.5", "1")
    ]
    assert len(folder.read_plan()["runs"]) == 8 + 3


def test_again_it_executes_nothing(tmp_path):
    confirmed(tmp_path)
    _, executor, _ = confirmed(tmp_path)
    assert executor.order == []


def test_a_setting_that_has_not_all_its_values_is_not_chosen(tmp_path):
    def compute(config):
        if config.x == "0.2" and config.seed == 1:
            raise ValueError("the loss is NaN")
        return formula(config)

    source, _, _ = confirmed(tmp_path, compute)
    assert {job.combination.swept["x"] for job in source.confirming} == {"0.5"}


def test_where_all_fail_there_is_nothing_to_confirm(tmp_path):
    def compute(config):
        raise ValueError("no")

    source, executor, _ = confirmed(tmp_path, compute)
    assert source.confirming == ()
    assert source.exhausted
    assert len(executor.order) == 8
