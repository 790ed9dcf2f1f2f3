"""What the driver of a sweep takes of the machine while its workers train."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil

from rnnlab.bench.sweep.timed import OPTIONS
from rnnlab.errors import RunFailed
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.workers import processors

_PATIENCE = 600.0
_SETTLED = 5.0


def driver_share(planned: int, workers: int, seconds: float, folder: Path, tracked: bool) -> float:
    """Return the share of all processors' time that the driver uses: 0.01 is one per cent.

    The sweep is stopped afterwards, most of its runs not begun. Planning is not in it.

    Args:
        planned: How many runs the sweep has.
        workers: How many at a time.
        seconds: For how long its time is taken.
        folder: Where all is written.
        tracked: Whether it sends MLflow what the runs log, which costs more than all else.

    Raises:
        RunFailed: It ended, or did not begin.
    """
    about = [f"seeds={planned}", f"sweep.workers={workers}", "sweep.name=driven"]
    about += ["trainer.max_epochs=60", f"output_dir={folder}", f"tracking.enabled={tracked}"]
    command = [sys.executable, "-P", "-m", "rnnlab", "train", "-m", *OPTIONS, *about]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as driver:
        try:
            _wait_for_a_run(driver, SweepFolder(folder / "sweeps" / "driven"))
            time.sleep(_SETTLED)
            process = psutil.Process(driver.pid)
            before, began = process.cpu_times(), time.perf_counter()
            time.sleep(seconds)
            after, took = process.cpu_times(), time.perf_counter() - began
        except psutil.NoSuchProcess as error:
            raise RunFailed("the sweep ended while it was measured") from error
        finally:
            driver.terminate()
    used = (after.user - before.user) + (after.system - before.system)
    return float(used / took / processors())


def _wait_for_a_run(driver: subprocess.Popen[bytes], sweep: SweepFolder) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not any((sweep.path / "runs").glob("*/attempts/1/metrics.jsonl")):
        if driver.poll() is not None or time.monotonic() > deadline:
            raise RunFailed("the sweep did not begin")
        time.sleep(0.5)
