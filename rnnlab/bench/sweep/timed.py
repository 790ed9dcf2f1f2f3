"""One sweep, executed by the command that people use, and the times in the folders it leaves."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from rnnlab.errors import RunFailed
from rnnlab.runs.folder import RunFolder
from rnnlab.sweeps.folder import SweepFolder

OPTIONS = (
    "experiment=digits_rows",
    "tracking.system_metrics=false",
    "trainer.accelerator=cpu",
    "trainer.patience=null",
)
"""A run that takes some seconds, the same each time."""


@dataclass(frozen=True)
class Timed:
    """When the runs of a sweep began and ended.

    Args:
        workers: How many there were.
        wall: Seconds of the whole command, planning and comparison included.
        began: Of each run, in seconds since 1970, when its worker claimed it.
        ended: Of each run, when its status said so.
        trained: Of each run, the seconds of its training alone.
    """

    workers: int
    wall: float
    began: tuple[float, ...]
    ended: tuple[float, ...]
    trained: tuple[float, ...]

    @property
    def per_hour(self) -> float:
        """Runs per hour while runs were executed."""
        return 3600 * len(self.began) / (max(self.ended) - min(self.began))

    @property
    def fixed(self) -> list[float]:
        """Of each run but the last, the seconds until the next one began beyond its training.

        Only with one worker do runs follow each other.
        """
        order = sorted(range(len(self.began)), key=lambda i: self.began[i])
        return [self.began[b] - self.began[a] - self.trained[a] for a, b in pairwise(order)]


def time_sweep(workers: int, runs: int, epochs: int, folder: Path) -> Timed:
    """Execute a sweep of equal runs.

    Args:
        workers: How many at a time.
        runs: How many seeds.
        epochs: Of each run.
        folder: Where all is written.

    Raises:
        RunFailed: It failed.
    """
    options = [*OPTIONS, f"trainer.max_epochs={epochs}", f"output_dir={folder}"]
    about = [f"seeds={runs}", f"sweep.workers={workers}", "sweep.name=timed"]
    began = time.perf_counter()
    _call(["train", "-m", *options, *about])
    wall = time.perf_counter() - began
    found = [run.believed() for run in SweepFolder(folder / "sweeps" / "timed").runs()]
    attempts = [attempt for attempt in found if attempt is not None]
    return Timed(
        workers,
        wall,
        tuple(_at(attempt, "CREATED") for attempt in attempts),
        tuple(_at(attempt, "FINISHED") for attempt in attempts),
        tuple(float(attempt.read_result()["train_seconds"]) for attempt in attempts),
    )


def time_alone(epochs: int, folder: Path) -> float:
    """Return the seconds that one run takes as a command of its own beyond its training.

    Raises:
        RunFailed: It failed.
    """
    options = [*OPTIONS, f"trainer.max_epochs={epochs}", f"output_dir={folder}", "name=alone"]
    began = time.perf_counter()
    _call(["train", *options, "experiment_name=timed"])
    wall = time.perf_counter() - began
    result = RunFolder(folder / "timed" / "alone").read_result()
    return wall - float(result["train_seconds"])


def _call(arguments: list[str]) -> None:
    command = [sys.executable, "-P", "-m", "rnnlab", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RunFailed(f"rnnlab {' '.join(arguments)}: {done.stderr.strip()[-500:]}")


def _at(attempt: RunFolder, status: str) -> float:
    return datetime.fromisoformat(attempt.read_status()["times"][status]).timestamp()
