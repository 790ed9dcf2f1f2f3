"""The actor that holds what one run needs, and hands runs on to its own process.

It is sent to the nodes by value and needs nothing but Python's own modules: Ray's workers look for
modules in the driver's working folder first, the process that it starts does not.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from typing import Any

_PATIENCE = 300.0  # torch may have to be read through a network


class Seat:
    """One place to execute runs at, one at a time.

    Args:
        sweep: The folder of the sweep.
        folder: The working folder of whoever drives it.
        threads: How many a run may use.
        environment: What the processes get besides the node's own variables.
    """

    def __init__(self, sweep: str, folder: str, threads: int, environment: dict[str, str]) -> None:
        self._sweep, self._folder, self._threads = sweep, folder, threads
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None

    async def open(self) -> str | None:
        """Start the process, and return why it cannot execute runs, or None."""
        host = socket.gethostname()
        if not os.path.isdir(self._sweep):
            return f"{host} has no folder {self._sweep}: all nodes must share its file system"
        # What goes wrong before a run has a file of its own is told here.
        log = os.path.join(self._sweep, "executor", f"{host}-{os.getpid()}.txt")
        os.makedirs(os.path.dirname(log), exist_ok=True)
        with open(log, "wb") as errors:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "rnnlab.sweeps.executors.ray.server"),
                str(self._threads),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                cwd=self._folder if os.path.isdir(self._folder) else self._sweep,
                env={**os.environ, **self._environment},
                start_new_session=True,
            )
        try:
            if await asyncio.wait_for(self._answer(), _PATIENCE) is not None:
                return None
        except TimeoutError:
            return f"{host} does not start Python within {_PATIENCE:g} seconds"
        with open(log, errors="replace") as errors:
            *_, last = ["no reason given", *errors.read().strip().splitlines()]
        return f"{host} cannot start rnnlab: {last}"

    async def execute(self, run: str, after: int, beat: float) -> int | None:
        """Execute a run and return its exit code; None where its process is lost.

        Args:
            run: Its folder.
            after: The number of its last attempt.
            beat: Seconds between two signs of life.
        """
        self._say({"run": run, "after": after, "beat": beat})
        answer = await self._answer()
        return None if answer is None else answer["code"]

    async def signal(self, number: int) -> None:
        """Send the run that is executed a signal."""
        self._say({"signal": number})

    async def last(self) -> None:
        """Return when the process has ended."""
        if self._process is not None:
            await self._process.wait()

    def _say(self, order: dict[str, Any]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def _answer(self) -> dict[str, Any] | None:
        assert self._process is not None
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        return json.loads(line) if line else None
