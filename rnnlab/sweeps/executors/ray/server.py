"""The process of a seat that executes its runs: told by lines on its standard input.

It knows nothing of Ray, whose threads and import paths are none of a run's. A line is JSON:
``{"run": …, "after": …, "beat": …}`` begins a run, ``{"signal": …}`` sends it one. The answers
are ``{"ready": true}``, once, and ``{"code": …}`` for each run. The end of the input means that
the driver or this machine's part of the cluster is gone: a run that is being executed notices that
its parent ends, and writes a snapshot.
"""

from __future__ import annotations

import json
import os
import select
import sys
from pathlib import Path
from typing import Any

from rnnlab.sweeps.accelerators import Accelerators
from rnnlab.sweeps.executors.executor import Work
from rnnlab.sweeps.executors.local import Local

_LOOK_EVERY = 0.02


def serve(threads: int) -> None:
    """Execute runs until the input ends.

    Args:
        threads: How many a run may use.
    """
    heard, said = _pipes()
    # Ray has hidden the accelerators that are not this seat's.
    local = Local(1, Accelerators([]), threads)
    local.warm_up()
    _say(said, {"ready": True})
    rest, run = b"", None
    while True:
        if select.select([heard], [], [], None if run is None else _LOOK_EVERY)[0]:
            if not (read := os.read(heard, 65536)):
                os._exit(0)  # at once: multiprocessing would wait for the run
            *lines, rest = (rest + read).split(b"\n")
            for line in lines:
                run = _do(json.loads(line), local, run)
        for ended in local.ended():
            run = None
            _say(said, {"code": ended.code})


def _do(order: dict[str, Any], local: Local, run: Path | None) -> Path | None:
    """Do what is asked for, and return the run that is executed now."""
    if "run" in order:
        work = Work(Path(order["run"]), order["after"], order["beat"])
        local.start(work)
        return work.run
    if run is not None:
        local.signal(run, order["signal"])
    return run


def _pipes() -> tuple[int, int]:
    """Keep both pipes from what is printed or read by mistake, here and in the runs."""
    heard, said = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return heard, said


def _say(said: int, answer: dict[str, Any]) -> None:
    try:
        os.write(said, json.dumps(answer).encode() + b"\n")
    except BrokenPipeError:
        os._exit(0)  # nobody is there any more


if __name__ == "__main__":
    serve(int(sys.argv[1]))
