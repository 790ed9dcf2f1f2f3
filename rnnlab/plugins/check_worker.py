"""The process that has imported torch, and forks once for each component that is to be tried.

A fork starts in milliseconds and has torch, so that the time it takes is the plugin's own.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, NoReturn

from rnnlab.errors import ConfigError
from rnnlab.plugins.examine import broken, examine
from rnnlab.plugins.importing import Faulty
from rnnlab.plugins.installed import Component
from rnnlab.plugins.kinds import base
from rnnlab.plugins.verdicts import Verdict

_AT_ONCE = max(2, os.cpu_count() or 1)
_GRACE = 5.0


@dataclass(frozen=True)
class _Child:
    index: int
    process: int
    answer: Connection
    end: float


def serve(given: Sequence[dict[str, Any]], seconds: float) -> None:
    """Try components and write a line of JSON on each to standard output, in any order.

    Args:
        given: The fields of each component.
        seconds: What each may take.
    """
    components = [Component(**fields) for fields in given]
    for group in {component.group for component in components}:
        base(group)
    waiting = list(enumerate(components))[::-1]
    running: list[_Child] = []
    while waiting or running:
        while waiting and len(running) < _AT_ONCE:
            running.append(_start(*waiting.pop(), seconds))
        left = min(child.end for child in running) - time.monotonic()
        ready = wait([child.answer for child in running], max(0.0, left))
        for child in running[:]:
            late = time.monotonic() >= child.end
            if child.answer in ready or late:
                running.remove(child)
                verdict = _end(child, f"it has not ended after {seconds:g} s")
                sys.stdout.write(json.dumps({"index": child.index, **asdict(verdict)}) + "\n")
                sys.stdout.flush()


def _start(index: int, component: Component, seconds: float) -> _Child:
    receiving, sending = Pipe(duplex=False)
    process = os.fork()
    if process == 0:
        receiving.close()
        _try(component, seconds, sending)
    sending.close()
    return _Child(index, process, receiving, time.monotonic() + seconds)


def _try(component: Component, seconds: float, answer: Connection) -> NoReturn:
    """Import a component in this process, send the verdict, and end whatever else it started."""
    try:
        os.setsid()
        # Where nobody is left to end it, the kernel does.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds + _GRACE)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        answer.send_bytes(json.dumps(asdict(_verdict(component))).encode())
    finally:
        os._exit(0)


def _verdict(component: Component) -> Verdict:
    try:
        return examine(component).verdict
    except (Faulty, ConfigError) as error:
        return broken(Faulty(str(error)))


def _end(child: _Child, late: str) -> Verdict:
    """Return what a child found, and end it with all that it started."""
    verdict = None
    with suppress(EOFError, OSError, ValueError, TypeError):
        if child.answer.poll():
            verdict = Verdict(**json.loads(child.answer.recv_bytes()))
    child.answer.close()
    ended = _wait(child) if time.monotonic() < child.end else None
    # What it started may live on in its group.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process, signal.SIGKILL)
    if ended is None:
        with suppress(ProcessLookupError):
            os.kill(child.process, signal.SIGKILL)
        os.waitpid(child.process, 0)
    if verdict is not None:
        return verdict
    if ended is None:
        return Verdict(f"cannot be imported: {late}")
    how = f"signal {-ended}" if ended < 0 else f"exit code {ended}"
    return Verdict(f"cannot be imported: it ends the program ({how})")


def _wait(child: _Child) -> int | None:
    """Return the exit code of a child that has said its last, or None where it goes on."""
    for _ in range(100):
        process, status = os.waitpid(child.process, os.WNOHANG)
        if process:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    return None
