"""The dashboard: MLflow's server as a child that ends with this process."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from types import FrameType

from rnnlab.errors import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_dashboard(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a server until it or this process ends; return its exit code.

    The server starts processes of its own, which a signal to this process alone would leave behind.

    Raises:
        KeyboardInterrupt: SIGINT arrived; the server and its processes were ended.
        Interrupted: SIGTERM or SIGHUP did; they were ended too.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            # Ctrl-C is how a dashboard is closed, and no fault to report. Set here because a
            # command started in the background inherits SIGINT ignored.
            raise KeyboardInterrupt
        raise Interrupted(number)

    before = {number: signal.signal(number, interrupt) for number in _SIGNALS}
    try:
        server = subprocess.Popen(command, env=environment, start_new_session=True)
        try:
            return server.wait()
        finally:
            _end(server)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(server: subprocess.Popen[bytes]) -> None:
    # Its session is its process group; the group may outlive its leader.
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, number)
            server.wait(timeout=5)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
