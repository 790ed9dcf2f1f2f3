"""Whole sweeps under Slurm as a person starts them, and interferes with them."""

import signal
import time

import pytest
import torch

from rnnlab.runs.folder import Status
from tests.sweeps.executors.one_node_slurm import asked
from tests.sweeps.real_sweep import Sweep

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(400)]

OPTIONS = [
    "trainer.max_epochs=60",
    "trainer.checkpoint_every_n_steps=1",
    "tracking.enabled=false",
    "sweep.workers=2",
]
SLURM = [*OPTIONS, "executor=slurm", "executor.cpus=2"]  # two fit onto the node


@pytest.fixture
def sweep(tmp_path, slurm):
    return Sweep(tmp_path / "outputs")


def queue(conf):
    lines = asked(conf, "squeue", "--array", "--noheader", "--format=%i %T").splitlines()
    return dict(line.split() for line in lines)


def weights(sweep):
    found = {}
    for run in sweep.folder.runs():
        content = torch.load(run.believed().checkpoint("last.ckpt"), weights_only=True)
        found[run.fingerprint] = content["state_dict"]
    return found


def stop(process):
    """Press Ctrl-C twice; return what was printed."""
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    return out


def test_a_sweep_goes_from_slurm_to_processes_here_and_back(sweep, slurm, tmp_path):
    quiet = Sweep(tmp_path / "quiet" / "outputs")
    quiet.outputs.parent.mkdir()
    undisturbed = quiet.start(*OPTIONS, "seeds=3")

    process = sweep.start(*SLURM, "sweep.workers=3", "seeds=3")
    sweep.wait_for(Status.RUNNING, 2, process)
    assert sorted(queue(slurm).values()) == ["PENDING", "RUNNING", "RUNNING"]
    stop(process)
    assert queue(slurm) == {}
    assert sweep.statuses().count(Status.PREEMPTED) == 2

    process = sweep.start(*OPTIONS, "seeds=3")
    sweep.wait_for(Status.RUNNING, 1, process)
    stop(process)
    assert Status.RUNNING not in sweep.statuses()

    code, out, err = sweep.run(*SLURM, "seeds=3")
    assert code == 0, err
    assert out.count("FINISHED") == 3
    assert sweep.statuses() == [Status.FINISHED] * 3
    assert max(map(len, sweep.attempts())) >= 3
    undisturbed.communicate(timeout=240)
    assert undisturbed.returncode == 0
    ours, theirs = weights(sweep), weights(quiet)
    assert ours.keys() == theirs.keys()
    for run in ours:
        assert all(torch.equal(ours[run][name], theirs[run][name]) for name in theirs[run])


def test_jobs_outlive_their_driver_and_the_next_one_takes_them_up(sweep, slurm):
    first = sweep.start(*SLURM, "sweep.workers=3", "seeds=3")
    sweep.wait_for(Status.RUNNING, 2, first)
    first.kill()
    first.communicate()
    before = queue(slurm)
    assert len(before) == 3
    second = sweep.start(*SLURM, "sweep.workers=3", "seeds=3")
    seen = set(before)
    while second.poll() is None:
        seen |= set(queue(slurm))
        time.sleep(0.5)
    _, err = second.communicate()
    assert second.returncode == 0, err
    assert seen == set(before)
    assert sweep.statuses() == [Status.FINISHED] * 3
    assert sweep.attempts() == [[1]] * 3


def test_two_drivers_share_a_sweep(sweep, slurm):
    first = sweep.start(*SLURM, "seeds=4")
    second = sweep.start(*SLURM, "seeds=4")
    for process in (first, second):
        _, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
    assert sweep.statuses() == [Status.FINISHED] * 4
    assert sweep.attempts() == [[1]] * 4
    assert queue(slurm) == {}
