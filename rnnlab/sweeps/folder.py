"""The folder of a sweep: what was planned, and its runs.

    <output_dir>/sweeps/<name>/
      sweep.json          what was planned last, with the fingerprint of each run
      mlflow.json         which MLflow run stands above those of the runs
      runs/<fingerprint>/ see :mod:`rnnlab.sweeps.swept_run`

A run that a later plan does not ask for any more stays where it is.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from filelock import FileLock
from omegaconf import OmegaConf

from rnnlab.errors import StorageError
from rnnlab.runs.json_files import read_json, write_json
from rnnlab.runs.places import absolute
from rnnlab.runs.sweep_paths import PLAN, SWEEPS
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.plan import Plan
from rnnlab.sweeps.swept_run import SweptRun

_RUN = {"fingerprint": str, "setting": {...: str}, "seed": int, ...: object}
_PLAN = {"name": str, "overrides": str, "workers": int, "runs": {...: _RUN}, ...: object}


@dataclass(frozen=True)
class SweepFolder:
    """Paths and small files of a sweep.

    Args:
        path: The folder, absolute.
    """

    path: Path

    @property
    def plan(self) -> Path:
        """What was planned last, JSON."""
        return self.path / PLAN

    def run(self, fingerprint: str) -> SweptRun:
        """Return a run, which need not be there yet."""
        return SweptRun(self.path / "runs" / fingerprint)

    def runs(self) -> list[SweptRun]:
        """Return all runs that were ever begun."""
        found = (self.path / "runs").glob("*/config.yaml")
        return [SweptRun(config.parent) for config in sorted(found)]

    def read_plan(self) -> dict[str, Any]:
        """Return what was planned last.

        Raises:
            StorageError: The file is no plan.
        """
        content = read_json(self.plan, _PLAN)
        for label, run in content["runs"].items():
            # Somebody else's plan may name any folder.
            if re.fullmatch("[0-9a-f]{16}", run["fingerprint"]) is None:
                raise StorageError(f"{self.plan}: cannot be read: {label!r} has no fingerprint")
        return content

    def plan_more(self, jobs: Iterable[Job] = (), *, goes_on: bool = True) -> None:
        """Add runs to what was planned.

        Args:
            jobs: They.
            goes_on: Whether there may be more.

        Raises:
            StorageError: The disk refused.
        """
        # Several drivers add what they choose.
        with FileLock(self.path / ".plan.lock"):
            content = self.read_plan()
            runs = {**content["runs"], **_planned(jobs)}
            write_json(self.plan, {**content, "goes_on": goes_on, "runs": runs})

    def make_run(self, job: Job) -> SweptRun:
        """Make the folder of a run, unless it is there: whole, or not at all.

        Raises:
            StorageError: The disk refused.
        """
        run = self.run(job.fingerprint)
        if run.config.exists():
            return run
        draft = run.path.with_name(f".{run.path.name}.{uuid4().hex[:8]}")
        try:
            draft.mkdir(parents=True)
            OmegaConf.save(job.config, draft / "config.yaml")
            with suppress(FileExistsError):  # another driver was faster
                draft.rename(run.path)
        except OSError as error:
            if not run.config.exists():
                raise StorageError(f"{run.path}: {error.strerror}") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return run


def place(name: str, output_dir: Path) -> SweepFolder:
    """Return the folder of a sweep, which need not be there yet."""
    return SweepFolder(absolute(output_dir) / SWEEPS / name)


def make(plan: Plan, output_dir: Path, overrides: Iterable[str], workers: int) -> SweepFolder:
    """Make the folder of a sweep, or find it, and write down what is planned now.

    Raises:
        StorageError: The disk refused.
    """
    folder = place(plan.name, output_dir)
    try:
        (folder.path / "runs").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder.path}: {error.strerror}") from error
    content = {
        "name": plan.name,
        "overrides": " ".join(overrides),
        "workers": workers,
        "total": plan.total,
        "goes_on": plan.chooses,
    }
    with FileLock(folder.path / ".plan.lock"):
        runs = _planned(plan.jobs)
        if plan.search is not None:
            # They were chosen, by this driver or another one, and no new plan lists them.
            with suppress(StorageError):
                runs = {**folder.read_plan()["runs"], **runs}
        write_json(folder.plan, {**content, "runs": runs})
    return folder


def _planned(jobs: Iterable[Job]) -> dict[str, Any]:
    return {
        str(job): {
            "fingerprint": job.fingerprint,
            "setting": dict(job.setting),
            "seed": job.seed,
        }
        for job in jobs
    }
