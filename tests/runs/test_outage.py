"""A training whose tracking server dies for a minute: it goes on, and MLflow misses nothing."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from mlflow.tracking import MlflowClient

from rnnlab.runs.folder import RunFolder
from rnnlab.runs.json_files import read_json
from rnnlab.tracking import read_points
from tests.runs.conftest import SMALL

AWAY = 60.0


def wait(condition, process, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_server_is_gone_for_a_minute(tmp_path, uri, server, free_port):
    port = free_port()
    overrides = [
        *(each for each in SMALL if not each.startswith("tracking.") and "log_every" not in each),
        "trainer.max_epochs=100000", "trainer.limit_train_batches=1.0",
        "trainer.log_every_n_steps=50", "tracking.system_interval=1",
        f"tracking.uri=http://127.0.0.1:{port}",
        f"output_dir={tmp_path}", "name=run",
    ]  # fmt: skip
    folder = RunFolder(tmp_path / "digits_rows" / "run")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "rnnlab", "train", *overrides]

    def sent():
        path = folder.path / "mlflow.json"
        return read_json(path)["sent"] if path.exists() else 0

    with server(uri, port, tmp_path):
        process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, env=environment)
        wait(lambda: sent() > 0, process)
    time.sleep(2)  # what was on its way has arrived, or has not
    before, known = folder.metrics.stat().st_size, sent()
    time.sleep(AWAY)
    assert process.poll() is None
    assert folder.metrics.stat().st_size > before + 10_000  # it trained on
    assert sent() == known
    with server(uri, port, tmp_path):
        # It tries again with growing pauses, and has then to catch up with a minute of points:
        # what is left when a run is asked to end is sent for a minute at most.
        back = folder.metrics.stat().st_size
        wait(lambda: sent() > back, process, seconds=240)
        process.send_signal(signal.SIGTERM)
        errors = process.communicate(timeout=120)[1].decode()
    assert process.returncode == 143
    assert "Traceback" not in errors
    run_id = read_json(folder.path / "mlflow.json")["run_id"]
    client = MlflowClient(uri)
    run = client.get_run(run_id)
    assert run.info.status == "KILLED"
    in_mlflow = Counter(
        (point.key, repr(point.value), point.step, point.timestamp)
        for name in run.data.metrics
        for point in client.get_metric_history(run_id, name)
    )
    in_folder = Counter(
        (point.name, repr(point.value), point.step, point.timestamp)
        for point in read_points(folder.metrics)
    )
    # A few of each: pytest would compare ten thousands of points for longer than a test may last.
    assert [*(in_folder - in_mlflow)][:5] == []
    assert [*(in_mlflow - in_folder)][:5] == []
