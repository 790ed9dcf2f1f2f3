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
from pathlib import Path

from rnnlab.bench.step.size import Size
from rnnlab.errors import RunFailed

_LINES = 15  # of what a contender has said before it failed


def in_turn(
    names: Sequence[str], size: Size, seconds: float, rounds: int
) -> dict[str, list[float]]:
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
        running: dict[str, tuple[subprocess.Popen[bytes], Path]] = {}
        for number, name in enumerate(names):
            folder = Path(place, str(number))
            folder.mkdir()
            process = stack.enter_context(_contender(name, size, seconds, rounds, folder))
            running[name] = process, folder
            # It stops when it is about to make its first step.
            _until_stopped(name, process, folder)
        for _ in range(rounds + 1):
            for name, (process, folder) in running.items():
                process.send_signal(signal.SIGCONT)
                _until_stopped(name, process, folder)
        return {
            name: json.loads((folder / "times.json").read_text())
            for name, (_, folder) in running.items()
        }


@contextmanager
def _contender(
    name: str, size: Size, seconds: float, rounds: int, folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    words = [name, str(size), str(seconds), str(rounds), str(folder)]
    command = [sys.executable, "-m", "rnnlab.bench.step.contender", *words]
    # A progress bar is drawn for a terminal only.
    ours, theirs = os.openpty()
    said = threading.Thread(target=_keep, args=(ours, folder / "said.txt"), daemon=True)
    said.start()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        said.join(timeout=5)
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


def _until_stopped(name: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait until a process stops itself, or ends after its last slice."""
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        return
    process.returncode = os.waitstatus_to_exitcode(status)
    if not (folder / "times.json").exists():
        lines = (folder / "said.txt").read_text(errors="replace").splitlines()
        said = "\n".join(lines[-_LINES:])
        raise RunFailed(f"bench step: {name} ended with code {process.returncode}:\n{said}")
