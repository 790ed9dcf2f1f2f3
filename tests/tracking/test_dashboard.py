import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from rnnlab.tracking import run_dashboard

# A server that starts a worker and waits for it, as MLflow's does.
SERVER = """
import pathlib, subprocess, sys
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path(sys.argv[1] + ".part").write_text(str(worker.pid))
pathlib.Path(sys.argv[1] + ".part").rename(sys.argv[1])
worker.wait()
"""


def test_the_exit_code_of_the_server_is_returned():
    assert run_dashboard([sys.executable, "-c", "raise SystemExit(7)"], os.environ) == 7


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_server_and_its_workers(tmp_path, number):
    told = tmp_path / "worker"
    code = (
        "import os, sys; from rnnlab.tracking import run_dashboard;"
        "run_dashboard([sys.executable, '-c', sys.argv[1], sys.argv[2]], os.environ)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, SERVER, str(told)], stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while not told.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        worker = psutil.Process(int(told.read_text()))
        process.send_signal(number)
        process.wait(timeout=30)
        gone, alive = psutil.wait_procs([worker], timeout=10)
        assert (len(gone), alive) == (1, [])
    finally:
        process.kill()
        process.wait()
