"""What is started, and when each has begun its work."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rnnlab.errors import RunFailed
from rnnlab.tracking.points import read_points

_IMPORTS = "import torch, pytorch_lightning, time; print(time.time())"
# One step, logged, so that the run folder says when it was done.
_ONE_STEP = [
    "trainer.max_steps=1",
    "trainer.log_every_n_steps=1",
    "trainer.limit_val_batches=1",
    "trainer.limit_test_batches=1",
    "diagnostics.baselines=false",
]


@dataclass(frozen=True)
class Command:
    """Something that is started.

    Args:
        what: In a few words.
        seconds: Starts it and returns how long it took, given a folder of its own and one that it
            has used before.
    """

    what: str
    seconds: Callable[[Path, Path], float]


def _imports(new: Path, used: Path) -> float:
    began = time.time()
    return float(_run([sys.executable, "-c", _IMPORTS])) - began


def _list(new: Path, used: Path) -> float:
    began = time.time()
    _run([sys.executable, "-m", "rnnlab", "list"])
    return time.time() - began


def _train_anew(new: Path, used: Path) -> float:
    return _first_step(new)


def _train(new: Path, used: Path) -> float:
    return _first_step(used)


def _first_step(outputs: Path) -> float:
    name = f"run-{time.time_ns()}"
    words = [*_ONE_STEP, f"output_dir={outputs}", "experiment_name=start", f"name={name}"]
    began = time.time()
    _run([sys.executable, "-m", "rnnlab", "train", *words])
    points = read_points(outputs / "start" / name / "metrics.jsonl")
    # In whole milliseconds.
    return next(p.timestamp for p in points if p.name == "train/loss") / 1e3 - began


def _run(command: list[str]) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise RunFailed(f"bench start: {' '.join(command[1:4])} failed:\n{done.stderr}")
    return done.stdout


IMPORTS, LIST = "imports alone", "rnnlab list"
TRAIN, TRAIN_ANEW = "rnnlab train", "rnnlab train, new folder"

COMMANDS = {
    IMPORTS: Command("import torch, pytorch_lightning", _imports),
    LIST: Command("to its end", _list),
    TRAIN: Command("to the end of the first training step", _train),
    TRAIN_ANEW: Command("the same where MLflow's database must be made", _train_anew),
}
"""By name."""
