import os
import signal
import socket
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


@pytest.mark.timeout(200)
@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_the_dashboard_answers_this_machine_only_and_leaves_nothing(
    uri, tmp_path, free_port, status_of, number
):
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "rnnlab", "ui", "--port", str(port), "--uri", uri],
            stdout=log,
            stderr=log,
            cwd=tmp_path,
        )
    family = []
    try:
        deadline = time.monotonic() + 120
        while status_of(f"http://127.0.0.1:{port}/health") != 200:
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        family = psutil.Process(process.pid).children(recursive=True)
        assert family
        if number == signal.SIGINT:
            url = f"http://127.0.0.1:{port}"
            assert status_of(url) == 200
            assert status_of(url, host=f"localhost:{port}") == 200
            for foreign in ("evil.example", f"evil.example:{port}", f"127.0.0.1:{port + 1}"):
                assert status_of(url, host=foreign) == 403
            others = {"127.0.0.2", *_addresses_of_this_machine()}
            for address in others:
                with pytest.raises(ConnectionRefusedError):
                    socket.create_connection((address, port), timeout=5)
        process.send_signal(number)
        assert process.wait(timeout=30) == 128 + number
        gone, alive = psutil.wait_procs(family, timeout=10)
        assert (len(gone), alive) == (len(family), [])
        assert status_of(f"http://127.0.0.1:{port}/health") == 0
        assert "Traceback" not in (tmp_path / "log").read_text()
    finally:
        process.kill()
        process.wait()
        for child in family:
            if child.is_running():
                child.kill()


def _addresses_of_this_machine():
    """The IPv4 addresses of this machine that others can see."""
    found = [a for addresses in psutil.net_if_addrs().values() for a in addresses]
    seen = [a.address for a in found if a.family == socket.AF_INET]
    return [address for address in seen if not address.startswith("127.")]
