"""Jobs of a real Slurm, and what becomes of them when somebody interferes."""

import re
import signal
import time
from pathlib import Path

import psutil
import pytest
import torch
from omegaconf import OmegaConf

from rnnlab.errors import ConfigError
from rnnlab.runs.folder import Status
from rnnlab.runs.train import configured
from rnnlab.sweeps.combinations import Combination
from rnnlab.sweeps.executors.choice import executor
from rnnlab.sweeps.executors.executor import Work
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.plan import Job
from rnnlab.sweeps.worker import TAKEN
from tests.sweeps.executors.one_node_slurm import asked

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(240)]

OPTIONS = {
    "kind": "slurm",
    **dict.fromkeys(["partition", "account", "qos", "constraint", "gpus", "memory"]),
    "minutes": 10,
    "cpus": 1,
    "requeues": 100,
    "setup": [],
    "options": {},
}
LONG = [
    "trainer.max_epochs=100",
    "trainer.limit_train_batches=10",
    "trainer.checkpoint_every_n_steps=5",
    "diagnostics.baselines=false",
]


def until(what, seconds=120):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.2)
    raise AssertionError("it never came")


class Started:
    """A sweep of one run, or several, that are given to Slurm."""

    def __init__(self, path: Path, overrides, conf, *, number=1, **options):
        self.folder, self.overrides, self._conf = SweepFolder(path), overrides, conf
        (path / "runs").mkdir(parents=True, exist_ok=True)
        self.jobs = [self._job(overrides, seed) for seed in range(number)]
        self.runs = [self.folder.make_run(job) for job in self.jobs]
        self.run = self.runs[0]
        self.executor = executor({**OPTIONS, **options}, None, self.jobs, self.folder)
        self.ended = {}

    def _job(self, overrides, seed):
        plain = OmegaConf.to_container(configured([*overrides, f"seed={seed}"]), resolve=False)
        return Job(Combination((), {}), plain, f"{seed:016x}", "s")

    def start(self):
        for run in self.runs:
            self.executor.start(Work(run.path, (run.numbers() or [0])[-1]))
        return self

    def look(self):
        self.ended |= {ended.run: ended for ended in self.executor.ended()}
        return self.ended

    def end(self, seconds=120):
        until(lambda: self.run.path in self.look(), seconds)
        return self.ended[self.run.path]

    def reaches(self, number, status=Status.RUNNING):
        def has():
            self.look()
            numbers = self.run.numbers()
            said = self.run.attempt(number).read_status() if number in numbers else {}
            if status != Status.RUNNING or said.get("status") != status:
                return said.get("status") == status
            return self.run.attempt(number).checkpoint("last.ckpt").exists()

        until(has)

    def queue(self):
        lines = asked(
            self._conf, "squeue", "--array", "--noheader", "--format=%i", "--name", self.name
        )
        return lines.split()

    @property
    def name(self):
        return self.folder.path.name

    def statuses(self):
        return [self.run.attempt(n).read_status()["status"] for n in self.run.numbers()]

    def weights(self):
        content = torch.load(self.run.believed().checkpoint("last.ckpt"), weights_only=True)
        return content["state_dict"]


@pytest.fixture
def started(small, tmp_path, slurm):
    made = []

    def make(*changes, **options):
        place = tmp_path / f"sweep{len(made)}-{tmp_path.name[-8:]}"
        made.append(Started(place, [*small, *changes], slurm, **options))
        return made[-1]

    yield make
    for each in made:
        each.executor.close()


def test_limits_and_further_options_arrive(started, slurm):
    sweep = started(
        number=2,
        partition="other",
        minutes=7,
        cpus=2,
        memory=0.5,
        options={"nice": 100, "hold": True, "mail_type": "NONE", "comment": "two words"},
        setup=["export RNNLAB_SET_UP=1"],
    ).start()
    first, second = until(lambda: sweep.look() or sweep.queue())
    assert first.partition("_")[0] == second.partition("_")[0]
    said = asked(slurm, "scontrol", "show", "job", first)
    for words in (
        *("TimeLimit=00:07:00", "Partition=other", "CPUs/Task=2", "MinMemoryNode=512M"),
        *("Nice=100", "Comment=two words", "Requeue=1", "JobState=PENDING"),
    ):
        assert words in said, said
    assert "export RNNLAB_SET_UP=1" in asked(slurm, "scontrol", "write", "batch_script", first, "-")
    sweep.executor.signal(sweep.run.path, signal.SIGUSR1)
    until(lambda: sweep.run.path in sweep.look())
    assert sweep.ended[sweep.run.path].code == TAKEN
    assert sweep.queue() == [second]
    sweep.executor.close()
    assert sweep.queue() == []
    assert list(sweep.folder.path.glob("executor/slurm/*")) == []


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"options": {"no-such-option": 1}}, "unrecognized option '--no-such-option=1'"),
        ({"partition": "nowhere"}, "invalid partition specified: nowhere"),
        ({"cpus": 64}, "Requested node configuration is not available"),
        ({"gpus": 1}, "Invalid generic resource (gres) specification"),
    ],
)
def test_what_slurm_refuses_is_told_before_anything_is_made(options, why, small, tmp_path, slurm):
    with pytest.raises(ConfigError, match=re.escape(why)) as refused:
        Started(tmp_path / "sweep", small, slurm, **options)
    assert str(refused.value).startswith("executor: Slurm refuses the jobs: ")
    assert not (tmp_path / "sweep" / "executor").exists()


def test_a_run_that_is_interrupted_twice_goes_on_to_the_same_weights(started, slurm):
    sweep, quiet = started(*LONG, number=1), started(*LONG, number=1)
    sweep.start(), quiet.start()
    sweep.reaches(1)
    (job,) = sweep.queue()
    asked(slurm, "scancel", "--signal=USR1", job)  # as a time limit does
    sweep.reaches(1, Status.PREEMPTED)
    sweep.reaches(2)
    asked(slurm, "scontrol", "requeue", job)  # as a more urgent job does
    sweep.reaches(3)
    assert sweep.queue() == [job]
    assert sweep.end().code == 0
    assert quiet.end().code == 0
    assert sweep.statuses() == [Status.PREEMPTED, Status.KILLED, Status.FINISHED]
    assert quiet.statuses() == [Status.FINISHED]
    ours, theirs = sweep.weights(), quiet.weights()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_what_its_driver_stops_is_not_queued_again(started):
    sweep = started("trainer.max_epochs=100000").start()
    sweep.reaches(1)
    sweep.executor.signal(sweep.run.path, signal.SIGUSR1)
    assert sweep.end().code == 75
    assert sweep.statuses() == [Status.PREEMPTED]
    until(lambda: not sweep.queue(), 20)


def test_a_job_is_queued_again_as_often_as_was_said(started, slurm):
    sweep = started("trainer.max_epochs=100000", requeues=0).start()
    sweep.reaches(1)
    asked(slurm, "scancel", "--signal=USR1", *sweep.queue())
    assert sweep.end().code == 1
    said = sweep.run.believed().read_status()
    assert said["status"] == Status.FAILED
    assert said["cause"].endswith("may not be queued again any more: executor.requeues=0")


def test_of_a_job_that_dies_before_it_begins_the_last_words_are_told(started):
    sweep = started(setup=["echo 'there is no module cuda' >&2", "exit 7"]).start()
    ended = sweep.end()
    assert (ended.code, ended.why) == (None, "there is no module cuda")
    assert sweep.run.numbers() == []
    sweep.executor.close()
    assert list(sweep.folder.path.glob("executor/slurm/*/*_log.err"))


def test_a_run_goes_on_when_its_node_is_lost(started, slurm):
    sweep = started(*LONG).start()
    sweep.reaches(1)
    asked(slurm, "scontrol", "update", "nodename=ALL", "state=down", "reason=test")
    # Slurm holds a job back whose last processes it meets again.
    until(lambda: not psutil.pid_exists(sweep.run.attempt(1).read_status()["pid"]))
    time.sleep(3)
    asked(slurm, "scontrol", "update", "nodename=ALL", "state=resume")
    # After a node it lost, Slurm waits for two minutes.
    assert sweep.end(300).code == 0
    assert sweep.statuses()[-1] == Status.FINISHED
    assert len(sweep.statuses()) == 2


def test_what_a_driver_left_is_taken_up_by_the_next_one(started, slurm):
    first = started("trainer.max_epochs=100000", number=2, cpus=4).start()
    first.reaches(1)
    _, waiting = sorted(first.queue())
    for session in first.executor._sessions:
        session._lock.release()  # as if its process were gone
    second = Started(first.folder.path, first.overrides, slurm, number=2, cpus=4)
    try:
        assert all(second.executor.has(run.path) for run in second.runs)
        second.start()
        second.executor.signal(second.run.path, signal.SIGUSR1)
        assert second.executor.waits(second.runs[1].path)
        assert second.end().code == 75
        assert second.queue() == [waiting]
    finally:
        second.executor.close()
    assert second.queue() == []
