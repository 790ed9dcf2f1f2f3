"""Let processes that stop themselves after each slice run in turn, one at a time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rnnlab.bench.size import Size
from rnnlab.errors import RunFailed


@dataclass(frozen=True)
class Times:
    """The milliseconds per step of one contender, in each round.

    Args:
        wall: As a clock on the wall tells them.
        cpu: Of all threads of the process: what it has computed.
    """

    wall: list[float]
    cpu: list[float]


_LINES = 15  # of what a contender has said before it failed


def in_turn(names: Sequence[str], size: Size, seconds: float, rounds: int) -> dict[str, Times]:
    """Return the milliseconds per step of each contender in each round.

    Args:
        names: Of :data:`rnnlab.bench.step.contenders.CONTENDERS`.
        size: Of model and batch.
        seconds: The least length of a slice.
        rounds: How many slices each; one more warms up.

    Raises:
        RunFailed: A contender failed.
    """
    with tempfile.TemporaryDirectory(prefix="rnnlab-bench-") as place, ExitStack() as stack:
        running: list[_Contender] = []
        for number, name in enumerate(names):
            folder = Path(place, str(number))
            folder.mkdir()
            running.append(stack.enter_context(_started(name, size, seconds, rounds, folder)))
            # It stops when it is about to make its first step.
            running[-1].until_it_stops()
        for _ in range(rounds + 1):
            for contender in running:
                contender.process.send_signal(signal.SIGCONT)
                contender.until_it_stops()
        return {contender.name: contender.times() for contender in running}


@dataclass(frozen=True)
class _Contender:
    name: str
    folder: Path
    process: subprocess.Popen[bytes]
    keeper: threading.Thread  # writes down what it says

    def until_it_stops(self) -> None:
        """Wait until it stops itself, or ends after its last slice."""
        _, status = os.waitpid(self.process.pid, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            return
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if not (self.folder / "times.json").exists():
            self.keeper.join(timeout=5)
            lines = (self.folder / "said.txt").read_text(errors="replace").splitlines()
            said = "\n".join(lines[-_LINES:])
            code = self.process.returncode
            raise RunFailed(f"bench step: {self.name} ended with code {code}:\n{said}")

    def times(self) -> Times:
        return Times(**json.loads((self.folder / "times.json").read_text()))


@contextmanager
def _started(
    name: str, size: Size, seconds: float, rounds: int, folder: Path
) -> Iterator[_Contender]:
    words = [name, str(size), str(seconds), str(rounds), str(folder)]
    command = [sys.executable, "-m", "rnnlab.bench.step.contender", *words]
    # A progress bar is drawn for a terminal only.
    ours, theirs = os.openpty()
    keeper = threading.Thread(target=_keep, args=(ours, folder / "said.txt"), daemon=True)
    keeper.start()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        yield _Contender(name, folder, process, keeper)
    finally:
        process.kill()
        process.wait()
        keeper.join(timeout=5)
        os.close(ours)


def _keep(terminal: int, path: Path) -> None:
    with path.open("wb") as file:
        while True:
            try:
                written = os.read(terminal, 65536)
            except OSError:  # all who could write are gone
                return
            if not written:
                return
            file.write(written)
            file.flush()
