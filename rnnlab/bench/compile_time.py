"""What compiling costs, in processes that begin with nothing compiled and nothing on disk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from rnnlab.bench.first_call import ANSWER
from rnnlab.errors import RunFailed

LIMIT = 600.0
"""Seconds after which a process is given up."""

_NOTHING = 1.0  # seconds; what takes less compiles nothing that a second process could find


def compile_seconds(asked: Mapping[str, Any]) -> dict[str, float]:
    """Return what the first call of a new process takes beyond later ones.

    Args:
        asked: See :func:`rnnlab.bench.first_call.first_call`.

    Returns:
        ``cold``: with empty caches on disk; ``warm``: with what the one before has left there.

    Raises:
        RunFailed: It did not come to an end.
    """
    with tempfile.TemporaryDirectory(prefix="rnnlab-bench-") as folder:
        cold = _beyond(asked, Path(folder))
        return {"cold": cold, "warm": _beyond(asked, Path(folder)) if cold > _NOTHING else cold}


def _beyond(asked: Mapping[str, Any], caches: Path) -> float:
    found = in_process(asked, caches)
    return max(found["first"] - found["later"], 0.0)


def in_process(asked: Mapping[str, Any], caches: Path, limit: float = LIMIT) -> dict[str, float]:
    """Return what :func:`first_call` returns in a process with caches of its own.

    Raises:
        RunFailed: It failed, or took longer than the limit.
    """
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "rnnlab.bench.first_call", json.dumps(dict(asked))],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "TORCHINDUCTOR_CACHE_DIR": str(caches / "inductor"),
            "TRITON_CACHE_DIR": str(caches / "triton"),
            "JAX_COMPILATION_CACHE_DIR": str(caches / "jax"),
            "XDG_CACHE_HOME": str(caches / "xdg"),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A group of its own, so that the compilers that it starts end with it.
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        raise RunFailed(f"took longer than {limit:g} s") from None
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
    for line in output.splitlines():
        if line.startswith(ANSWER):
            found: dict[str, Any] = json.loads(line.removeprefix(ANSWER))
            if "trouble" in found:
                raise RunFailed(found["trouble"])
            return found
    last = (errors.strip().splitlines() or ["without a word"])[-1]
    raise RunFailed(f"the process ended ({process.returncode}): {last}")
