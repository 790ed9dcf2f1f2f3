"""Real sweeps on a cluster of two machines, one of which is lost; and on one that a sweep starts.

Both machines are this one: each has a raylet, and workers, of its own.
"""

import os
import signal
import subprocess
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

import psutil
import pytest

from rnnlab.runs.folder import Status
from rnnlab.sweeps.folder import SweepFolder
from tests.sweeps.executors.test_local import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]

OPTIONS = [
    "dataset=digits_rows",
    "cell.hidden_size=8",
    "trainer.limit_train_batches=4",
    "trainer.accelerator=cpu",
    "diagnostics.baselines=false",
    "tracking.system_metrics=false",
    "sweep.name=two",
]
LONG = "trainer.max_epochs=100000"


@pytest.fixture(scope="module", autouse=True)
def quiet():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")  # or a token is written into the home folder
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        yield


@pytest.fixture
def cluster():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ray.cluster_utils import Cluster

        arguments = {"num_cpus": 0, "include_dashboard": False}
        found = Cluster(initialize_head=True, head_node_args=arguments)
        for name in ("a", "b"):
            found.add_node(num_cpus=1, resources={name: 1})
        yield found
        found.shutdown()


class Sweep:
    def __init__(self, outputs):
        self.outputs = outputs
        self.folder = SweepFolder(outputs / "sweeps" / "two")
        self.drivers = []

    def start(self, *changes):
        command = [sys.executable, "-P", "-m", "rnnlab", "train", "-m", *OPTIONS, *changes]
        driver = subprocess.Popen(
            [*command, f"output_dir={self.outputs}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            cwd=self.outputs.parent,
        )
        self.drivers.append(driver)
        return driver

    def wait_for(self, status, count, driver):
        def there():
            assert driver.poll() is None, driver.communicate()
            return self.statuses()[status] >= count

        until(there)

    def statuses(self):
        found = [run.believed() for run in self.folder.runs()]
        return Counter(attempt.read_status().get("status") for attempt in found if attempt)

    def pids(self):
        said = [run.believed().read_status() for run in self.folder.runs() if run.believed()]
        return [each["pid"] for each in said if each["status"] == Status.RUNNING]


@pytest.fixture
def sweep(tmp_path):
    found = Sweep(tmp_path / "outputs")
    yield found
    for driver in found.drivers:
        driver.kill()
        driver.communicate()


def raylet(node):
    (started,) = node.all_processes["raylet"]
    return started.process.pid


def on(node, pids):
    """Return which of some processes a node executes."""
    ancestors = {pid: {parent.pid for parent in psutil.Process(pid).parents()} for pid in pids}
    return [pid for pid in pids if raylet(node) in ancestors[pid]]


def lives(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def finished(driver):
    out, err = driver.communicate(timeout=300)
    assert driver.returncode == 0, (out, err)
    return out


def ray(cluster):
    return ["executor=ray", f"executor.address={cluster.address}"]


def test_a_machine_falls_silent_and_its_run_goes_on_from_its_snapshot_elsewhere(cluster, sweep):
    changes = ["cell=rnn,gru", "trainer.max_epochs=150", "sweep.lease=5"]
    driver = sweep.start(*ray(cluster), *changes, "trainer.checkpoint_every_n_steps=4")
    sweep.wait_for(Status.RUNNING, 2, driver)
    first, second = sorted(cluster.worker_nodes, key=raylet)
    assert len(on(first, sweep.pids())) == len(on(second, sweep.pids())) == 1
    (pid,) = on(first, sweep.pids())
    (run,) = (r for r in sweep.folder.runs() if r.believed().read_status()["pid"] == pid)
    until(lambda: run.believed().checkpoint("last.ckpt").exists())
    os.kill(pid, signal.SIGSTOP)  # as a machine that is gone, it writes nothing any more
    try:
        cluster.remove_node(first, allow_graceful=False)
        out = finished(driver)
    finally:
        os.kill(pid, signal.SIGKILL)
    assert sweep.statuses() == {Status.FINISHED: 2}
    assert run.numbers() == [1, 2]
    lines, before = (run.attempt(n).metrics.read_text().splitlines() for n in (2, 1))
    assert lines[: len(before) - 1] == before[:-1]  # to the millisecond
    assert len(lines) > len(before)
    assert "raylet" not in out


def test_a_machine_that_is_taken_away_is_no_failure_of_its_run(cluster, sweep):
    changes = ["cell=rnn,gru", "trainer.max_epochs=150", "sweep.lease=5", "sweep.retries=0"]
    driver = sweep.start(*ray(cluster), *changes)
    sweep.wait_for(Status.RUNNING, 2, driver)
    cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)
    finished(driver)
    assert sweep.statuses() == {Status.FINISHED: 2}
    assert sorted(len(run.numbers()) for run in sweep.folder.runs()) == [1, 2]


def test_runs_wait_for_the_machine_that_has_what_they_take(cluster, sweep):
    runs = ["cell=rnn,gru", "trainer.max_epochs=1", "executor.resources={late: 1}"]
    refused = sweep.start(*ray(cluster), *runs)
    _, err = refused.communicate(timeout=120)
    assert refused.returncode == 2
    assert "executor.resources.late=1: no node of the Ray cluster has more than 0" in err
    driver = sweep.start(*ray(cluster), *runs, "sweep.workers=2")
    until(sweep.folder.plan.exists)
    cluster.add_node(num_cpus=2, resources={"late": 2})
    finished(driver)
    assert sweep.statuses() == {Status.FINISHED: 2}


def test_one_begun_here_goes_on_there_and_back(cluster, sweep):
    changes = ["cell=rnn", LONG]
    for options in ([], ray(cluster), []):
        driver = sweep.start(*options, *changes)
        sweep.wait_for(Status.RUNNING, 1, driver)
        driver.send_signal(signal.SIGTERM)
        driver.communicate(timeout=120)
        assert driver.returncode == 143
    (run,) = sweep.folder.runs()
    assert run.numbers() == [1, 2, 3]
    assert {run.attempt(n).read_status()["status"] for n in (1, 2, 3)} <= {
        Status.PREEMPTED,
        Status.KILLED,
    }


def test_two_drivers_share_the_runs(cluster, sweep):
    changes = ["cell=rnn,gru", "seeds=3", "trainer.max_epochs=5", "sweep.workers=1"]
    drivers = [sweep.start(*ray(cluster), *changes) for _ in range(2)]
    for driver in drivers:
        finished(driver)
    assert sweep.statuses() == {Status.FINISHED: 6}
    assert [run.numbers() for run in sweep.folder.runs()] == [[1]] * 6


def test_a_killed_driver_leaves_a_cluster_as_it_was(cluster, sweep):
    driver = sweep.start(*ray(cluster), "cell=rnn,gru", LONG)
    sweep.wait_for(Status.RUNNING, 2, driver)
    nodes = [psutil.Process(raylet(node)) for node in cluster.worker_nodes]
    driver.kill()

    def seats():
        below = [child for node in nodes for child in node.children(recursive=True)]
        return [child for child in below if "Seat" in child.name()]

    until(lambda: sweep.statuses() == {Status.PREEMPTED: 2} and not seats(), 60)
    assert all(map(lives, nodes))
    assert [node["Alive"] for node in _nodes(cluster)] == [True] * 3


def _nodes(cluster):
    return [{"Alive": node["Alive"]} for node in cluster.global_state.node_table()]


def test_a_killed_driver_takes_its_own_cluster_along(sweep):
    folders = set(Path("/tmp").glob("rnnlab-ray-*"))
    driver = sweep.start("executor=ray", "sweep.workers=2", "cell=rnn,gru", LONG)
    sweep.wait_for(Status.RUNNING, 1, driver)
    started = psutil.Process(driver.pid).children(recursive=True)
    pids = sweep.pids()
    assert set(pids) <= {process.pid for process in started}
    driver.kill()
    began = time.monotonic()
    until(lambda: not any(lives(process) for process in started if process.pid in pids), 60)
    # Two of Ray's own, which compute nothing, look for their cluster for a minute.
    until(lambda: not any(map(lives, started)), 150)
    assert time.monotonic() - began < 150
    assert sweep.statuses().keys() <= {Status.PREEMPTED, Status.KILLED}
    for left in set(Path("/tmp").glob("rnnlab-ray-*")) - folders:
        subprocess.run(["rm", "-r", str(left)], check=True)
