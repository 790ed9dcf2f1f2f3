import pytest

from rnnlab.sweeps.executors.slurm.queued import Queued
from rnnlab.sweeps.executors.slurm.session import Submitted
from rnnlab.sweeps.folder import SweepFolder
from tests.sweeps.jobs import job


@pytest.fixture
def run(tmp_path):
    return SweepFolder(tmp_path).make_run(job("a"))


def test_a_run_has_begun_with_its_claim_and_again_with_the_next(run):
    queued = Queued(Submitted("1", run.path, 0, None))
    queued.is_now("RUNNING")
    assert not queued.begun
    run.claim(0)
    queued.is_now("RUNNING")
    assert queued.begun
    queued.is_now("PENDING")  # queued again
    assert not queued.begun
    queued.is_now("RUNNING")
    assert not queued.begun
    run.claim(1)
    queued.is_now("RUNNING")
    assert queued.begun
    assert queued.claimed
