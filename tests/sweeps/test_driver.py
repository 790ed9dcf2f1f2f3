"""The driver's decisions, with an executor whose workers do what a test says."""

import signal
from collections import defaultdict, deque

import pytest

from rnnlab.runs.folder import Status
from rnnlab.sweeps import driver as driving
from rnnlab.sweeps.disk import DISK
from rnnlab.sweeps.driver import Driver, Settings
from rnnlab.sweeps.executors.executor import Ended, Executor
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.source import Source
from rnnlab.sweeps.swept_run import SweptRun
from rnnlab.sweeps.worker import TAKEN
from tests.sweeps.jobs import job


class Scripted(Executor):
    """Ends each attempt at the next look, as the script of its run says.

    A script is a list of (status, cause, exit code); a status of None leaves the run alone.
    """

    name = "scripted"

    def __init__(self, slots=1):
        self._slots, self.scripts = slots, defaultdict(deque)
        self.order, self.signals, self._ended = [], [], []
        self.held = {}
        self.left, self.waiting = set(), set()

    def has(self, run):
        return run.name in self.left

    def waits(self, run):
        return run.name in self.waiting

    @property
    def slots(self):
        return self._slots

    def start(self, work):
        self.order.append(work.run.name)
        status, cause, code = self.scripts[work.run.name].popleft()
        attempt = None
        if work.run.name in self.left:
            attempt = SweptRun(work.run).believed()
        elif status is not None:
            attempt = SweptRun(work.run).claim(work.after)
            attempt.write_status(Status.RUNNING)
        if code is None:  # until it is asked to end
            self.held[work.run] = attempt
            return
        if attempt is not None and status != Status.RUNNING:
            attempt.write_status(status, cause)
        self._ended.append(Ended(work.run, code))

    def ended(self):
        found, self._ended = self._ended, []
        return found

    def signal(self, run, number):
        self.signals.append((run.name, number))
        attempt = self.held.pop(run, None)
        if attempt is None:
            return
        preempted = number == signal.SIGUSR1
        attempt.write_status(Status.PREEMPTED if preempted else Status.KILLED, "a signal")
        self._ended.append(Ended(run, 75 if preempted else 128 + number))

    def close(self):
        pass


FINISHES = (Status.FINISHED, None, 0)
FAILS = (Status.FAILED, "the loss is NaN", 1)


@pytest.fixture
def sweep(tmp_path):
    (tmp_path / "runs").mkdir()
    return SweepFolder(tmp_path)


def drive(sweep, scripts, settings=None, slots=1):
    executor = Scripted(slots)
    for name, script in scripts.items():
        executor.scripts[name].extend(script)
    jobs = [job(name) for name in scripts]
    driver = Driver(sweep, jobs, executor, settings or Settings())
    return driver, executor


def to_the_end(driver, most=100):
    for _ in range(most):
        if not driver.tick():
            return {o.job.fingerprint: (o.status, o.cause) for o in driver.outcomes}
    raise AssertionError("it does not end")


def test_runs_are_given_in_order_and_each_outcome_is_told_once(sweep):
    driver, executor = drive(sweep, {"a": [FINISHES], "b": [FINISHES], "c": [FINISHES]})
    assert to_the_end(driver) == dict.fromkeys("abc", (Status.FINISHED, None))
    assert executor.order == ["a", "b", "c"]
    assert len(driver.outcomes) == 3


def test_no_more_are_given_than_there_are_slots(sweep):
    held = (Status.RUNNING, None, None)
    driver, executor = drive(sweep, {name: [held] for name in "abcd"}, slots=3)
    driver.tick()
    assert executor.order == ["a", "b", "c"]
    assert len(driver.executing) == 3


def test_a_failure_is_tried_again_after_the_others_and_costs_nobody_else(sweep):
    driver, executor = drive(sweep, {"a": [FAILS, FINISHES], "b": [FINISHES]})
    assert to_the_end(driver) == dict.fromkeys("ab", (Status.FINISHED, None))
    assert executor.order == ["a", "b", "a"]
    assert sweep.run("a").numbers() == [1, 2]


def test_a_failure_is_tried_as_often_as_was_said_and_again_by_the_next_command(sweep):
    driver, executor = drive(sweep, {"a": [FAILS] * 9}, Settings(retries=2))
    assert to_the_end(driver) == {"a": (Status.FAILED, "the loss is NaN")}
    assert executor.order == ["a"] * 3
    driver, executor = drive(sweep, {"a": [FINISHES]})
    assert to_the_end(driver) == {"a": (Status.FINISHED, None)}


@pytest.mark.parametrize("code", [2, 3])
def test_what_is_refused_is_not_tried_again(sweep, code):
    driver, executor = drive(sweep, {"a": [(Status.FAILED, "seed=x: no", code)] * 2})
    assert to_the_end(driver) == {"a": (Status.FAILED, "seed=x: no")}
    assert executor.order == ["a"]


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ((Status.RUNNING, None, -11), "its process was killed by SIGSEGV"),
        ((Status.RUNNING, None, -9), "its process was killed by SIGKILL"),
        ((Status.KILLED, "ended without a word", -9), "its process was killed by SIGKILL"),
        ((None, None, 1), "its worker ended with exit code 1 before it began"),
    ],
)
def test_a_process_that_dies_leaves_its_cause(sweep, script, cause, monkeypatch):
    # This process is alive, and says so in the name of the worker.
    monkeypatch.setattr(driving, "owned", unowned)
    monkeypatch.setattr("rnnlab.sweeps.standing.is_abandoned", lambda said: False)
    driver, _ = drive(sweep, {"a": [script]}, Settings(retries=0, lease=-1.0))
    ((status, found),) = to_the_end(driver).values()
    assert found == cause
    if script[0] is not None:
        assert status == Status.FAILED
        assert sweep.run("a").believed().read_status()["cause"] == cause


def test_what_was_preempted_goes_on_and_is_no_failure(sweep):
    preempted = (Status.PREEMPTED, "pre-empted", 75)
    driver, executor = drive(sweep, {"a": [*[preempted] * 5, FINISHES]}, Settings(retries=0))
    assert to_the_end(driver) == {"a": (Status.FINISHED, None)}
    assert len(executor.order) == 6


def test_what_has_finished_is_not_executed_again(sweep):
    driver, _ = drive(sweep, {"a": [FINISHES]})
    to_the_end(driver)
    driver, executor = drive(sweep, {"a": [], "b": [FINISHES]})
    assert to_the_end(driver) == dict.fromkeys("ab", (Status.FINISHED, None))
    assert executor.order == ["b"]


def test_what_another_driver_has_is_waited_for(sweep, monkeypatch):
    monkeypatch.setattr(driving, "_LOOK_ELSEWHERE_EVERY", 0.0)
    first, executor = drive(sweep, {"a": [(Status.RUNNING, None, None)]})
    first.tick()
    second, other = drive(sweep, {"a": []})
    assert second.tick()
    assert other.order == []
    executor.held.popitem()[1].write_status(Status.FINISHED)
    assert to_the_end(second) == {"a": (Status.FINISHED, None)}


def test_what_another_driver_leaves_is_taken_up(sweep, monkeypatch):
    monkeypatch.setattr(driving, "_LOOK_ELSEWHERE_EVERY", 0.0)
    first, executor = drive(sweep, {"a": [(Status.RUNNING, None, None)]})
    first.tick()
    second, _ = drive(sweep, {"a": [FINISHES]})
    second.tick()
    executor.signal(sweep.run("a").path, signal.SIGUSR1)
    assert to_the_end(second) == {"a": (Status.FINISHED, None)}
    assert sweep.run("a").numbers() == [1, 2]


def test_a_worker_that_came_too_late_leaves_the_run_to_who_has_it(sweep, monkeypatch):
    monkeypatch.setattr(driving, "_LOOK_ELSEWHERE_EVERY", 0.0)
    driver, _ = drive(sweep, {"a": [(None, None, TAKEN), FINISHES]})
    sweep.make_run(job("a"))
    assert to_the_end(driver) == {"a": (Status.FINISHED, None)}


def test_what_takes_too_long_is_ended_and_says_so(sweep):
    held = (Status.RUNNING, None, None)
    driver, executor = drive(sweep, {"a": [held]}, Settings(retries=0, timeout=0.0))
    assert to_the_end(driver) == {"a": (Status.FAILED, "took longer than sweep.timeout=0 seconds")}
    assert executor.signals == [("a", signal.SIGTERM)]


def test_the_time_of_a_run_that_waits_for_a_place_does_not_count(sweep):
    held = (Status.RUNNING, None, None)
    driver, executor = drive(sweep, {"a": [held]}, Settings(retries=0, timeout=0.0))
    executor.waiting.add("a")
    for _ in range(3):
        assert driver.tick()
    assert executor.signals == []
    executor.waiting.clear()
    assert to_the_end(driver) == {"a": (Status.FAILED, "took longer than sweep.timeout=0 seconds")}


def test_what_the_executor_has_of_a_driver_that_is_gone_is_taken_up(sweep):
    first, _ = drive(sweep, {"a": [(Status.RUNNING, None, None)]})
    first.tick()
    second, other = drive(
        sweep, {"a": [(Status.FAILED, "the loss is NaN", 1)]}, Settings(retries=0)
    )
    other.left.add("a")
    assert to_the_end(second) == {"a": (Status.FAILED, "the loss is NaN")}
    assert other.order == ["a"]
    assert sweep.run("a").numbers() == [1]


def test_a_process_that_is_lost_elsewhere_is_a_failure_when_its_lease_is_over(sweep, monkeypatch):
    monkeypatch.setattr(driving, "_LOOK_ELSEWHERE_EVERY", 0.0)
    monkeypatch.setattr(driving, "owned", unowned)
    monkeypatch.setattr("rnnlab.sweeps.standing.is_abandoned", lambda said: False)
    lost = (Status.RUNNING, None, None)
    driver, executor = drive(sweep, {"a": [lost]}, Settings(retries=0))
    driver.tick()
    executor._ended.append(Ended(sweep.run("a").path, None, "its node is gone"))
    assert driver.tick()
    assert driver.outcomes == []
    driver._watch._lease = -1.0
    assert to_the_end(driver) == {"a": (Status.FAILED, "its process ended: its node is gone")}
    assert executor.order == ["a"]


def test_draining_begins_no_other_run(sweep):
    held = (Status.RUNNING, None, None)
    driver, executor = drive(sweep, {"a": [held], "b": [FINISHES]})
    driver.tick()
    driver.drain()
    assert driver.tick()
    executor.held.popitem()[1].write_status(Status.FINISHED)
    executor._ended.append(Ended(sweep.run("a").path, 0))
    assert to_the_end(driver) == {"b": (None, None), "a": (Status.FINISHED, None)}
    assert executor.order == ["a"]


@pytest.mark.parametrize("status", [Status.FAILED, None])
def test_a_full_disk_begins_no_other_run_and_is_told_once(sweep, status):
    script = {"a": [(status, "last.ckpt: full", DISK)], "b": [FINISHES], "c": [FINISHES]}
    driver, executor = drive(sweep, script, slots=2)
    ends = to_the_end(driver)
    assert executor.order == ["a", "b"]
    assert driver.disk == (
        "last.ckpt: full" if status else f"{sweep.path}: the disk refused for a moment"
    )
    assert ends["a"] == (status, driver.disk)
    assert ends["b"] == (Status.FINISHED, None)
    assert ends["c"] == (None, None)
    # The next command goes on.
    driver, executor = drive(sweep, {"a": [FINISHES], "b": [], "c": [FINISHES]})
    assert set(to_the_end(driver).values()) == {(Status.FINISHED, None)}


def test_a_machine_that_is_gone_is_no_failure_of_its_run(sweep, monkeypatch):
    monkeypatch.setattr(driving, "_LOOK_ELSEWHERE_EVERY", 0.0)
    monkeypatch.setattr("rnnlab.sweeps.standing.is_abandoned", lambda said: False)
    lost = (Status.RUNNING, None, None)
    driver, executor = drive(sweep, {"a": [lost, FINISHES]}, Settings(retries=0))
    driver.tick()
    executor._ended.append(Ended(sweep.run("a").path, None))
    assert driver.tick()
    driver._watch._lease = -1.0
    assert to_the_end(driver) == {"a": (Status.FINISHED, None)}
    assert sweep.run("a").numbers() == [1, 2]


def test_stopping_asks_for_a_snapshot(sweep):
    held = (Status.RUNNING, None, None)
    driver, executor = drive(sweep, {"a": [held], "b": [FINISHES]})
    driver.tick()
    driver.stop()
    found = to_the_end(driver)
    assert executor.signals == [("a", signal.SIGUSR1)]
    assert found["a"][0] == Status.PREEMPTED
    assert found["b"] == (None, None)


class unowned:  # noqa: N801
    """Stands for a lock that is free."""

    def __init__(self, folder):
        pass

    def __enter__(self):
        return None

    def __exit__(self, *_):
        return None


class Given(Source):
    """Gives some jobs, and then says for a while that there may be more."""

    def __init__(self, names, waits=0):
        self.names, self.waits = deque(names), waits
        self.asked, self.told, self.prepared = 0, [], []

    def next(self):
        self.asked += 1
        if self.names:
            return job(self.names.popleft())
        self.waits -= 1
        return None

    @property
    def exhausted(self):
        return not self.names and self.waits <= 0

    def prepare(self, job, run):
        assert run.config.exists()
        assert run.numbers() == []
        self.prepared.append(job.fingerprint)

    def over(self, outcome):
        self.told.append((outcome.job.fingerprint, outcome.status))


def test_a_source_is_asked_when_there_is_room_and_nothing_waits(sweep):
    held = (Status.RUNNING, None, None)
    driver, executor = drive(sweep, {"a": [held], "b": [FINISHES]}, slots=2)
    executor.scripts["c"].extend([FINISHES])
    source = driver._source = Given("c", waits=3)
    driver.tick()
    assert source.asked == 0  # both slots are taken by what was planned
    driver.tick()
    assert executor.order == ["a", "b", "c"]
    assert source.prepared == ["a", "b", "c"]
    for _ in range(6):
        assert driver.tick()  # a still runs
    driver.stop()
    to_the_end(driver)
    assert ("c", Status.FINISHED) in source.told


def test_a_source_that_may_have_more_is_waited_for_unless_drained(sweep):
    driver, _ = drive(sweep, {})
    driver._source = Given("", waits=5)
    assert [driver.tick() for _ in range(6)] == [True] * 4 + [False] * 2
    driver._source = Given("", waits=5)
    driver.drain()
    assert not driver.tick()


def test_what_is_left_for_the_next_command_is_not_told_to_a_source(sweep):
    driver, executor = drive(sweep, {"a": [FAILS, FINISHES], "b": [FINISHES]}, slots=2)
    source = driver._source = Given("")
    driver.tick()
    driver.drain()
    found = to_the_end(driver)
    assert found["a"] == (Status.FAILED, "the loss is NaN")  # a retry is left
    assert source.told == [("b", Status.FINISHED)]
    assert executor.order == ["a", "b"]
