"""The Slurm executor that a config asks for."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from rnnlab.errors import ConfigError, MissingPackage
from rnnlab.sweeps.accelerators import needed
from rnnlab.sweeps.executors.executor import Executor
from rnnlab.sweeps.executors.slurm import commands
from rnnlab.sweeps.executors.slurm.parameters import sbatch_parameters
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.job import Job

IN_QUEUE = 100
"""How many jobs are in the queue or run at a time, unless somebody wants it otherwise."""


def slurm(
    options: Mapping[str, Any], workers: int | None, jobs: Sequence[Job], folder: SweepFolder
) -> Executor:
    """Return what executes runs as jobs of Slurm, once it is clear that Slurm takes such jobs.

    Args:
        options: What the config says under ``executor``.
        workers: How many are in the queue or run at a time; None for all, up to ``IN_QUEUE``.
        jobs: The runs.
        folder: Of the sweep.

    Raises:
        ConfigError: Slurm is not there, or refuses jobs like this.
        MissingPackage: submitit is not installed.
    """
    kind = ("executor.kind", "slurm")
    if find_spec("submitit") is None:
        raise MissingPackage("submitit", "slurm", wanted_by="=".join(kind))
    if missing := [name for name in ("sbatch", "srun", "squeue") if shutil.which(name) is None]:
        why = f"needs a machine from which jobs are submitted; there is no {missing[0]} here"
        raise ConfigError(why, key=kind[0], value=kind[1])
    grace = max(float(job.plain["trainer"].get("preempt_grace", 20.0)) for job in jobs)
    parameters = {
        wanted: sbatch_parameters(options, name=folder.path.name, gpus=gpus, grace=grace)
        for wanted, gpus in _gpus(options, jobs).items()
    }
    for each in parameters.values():
        commands.check(each)
    from rnnlab.sweeps.executors.slurm.executor import Jobs, Slurm

    how = Jobs(parameters, options["setup"], options["cpus"], options["requeues"])
    slots = workers or min(IN_QUEUE, len(jobs))
    return Slurm(how, slots, folder.path / "executor" / "slurm", folder.path / "runs")


def _gpus(options: Mapping[str, Any], jobs: Sequence[Job]) -> dict[int | None, int]:
    """Return how many accelerators a job asks for, by how many its run uses."""
    wanted = {needed(job.plain): job for job in jobs}
    if (gpus := options["gpus"]) is not None:
        return dict.fromkeys(wanted, gpus)
    if (named := wanted.get(None)) is not None:
        why = f"Slurm itself numbers those of a job: say how many, or set executor.gpus ({named})"
        raise ConfigError(why, key="trainer.devices", value=named.plain["trainer"]["devices"])
    numbers = [number for number in wanted if number]
    asks = any(job.plain["trainer"]["accelerator"] != "auto" for job in jobs if needed(job.plain))
    if numbers and not asks and not commands.offers_accelerators(options["partition"]):
        return dict.fromkeys(wanted, 0)  # as on a machine without any
    return {number: number or 0 for number in wanted}
