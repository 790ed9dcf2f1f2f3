"""The executor that a sweep asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnnlab.errors import ConfigError
from rnnlab.sweeps.accelerators import Accelerators, needed
from rnnlab.sweeps.executors.executor import Executor
from rnnlab.sweeps.executors.local import Local
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.workers import fitting


def executor(
    options: Mapping[str, Any], workers: int | None, jobs: Sequence[Job], folder: SweepFolder
) -> Executor:
    """Return what executes the runs of a sweep.

    Args:
        options: What the config says under ``executor``.
        workers: How many runs at a time; None for as many as fit.
        jobs: The runs.
        folder: Of the sweep; what an executor writes goes into ``executor`` in it.

    Raises:
        ConfigError: A run asks for more than there is, or the executor cannot be had.
        MissingPackage: It needs a package that is not installed.
        StorageError: A cluster cannot be reached.
    """
    if options["kind"] == "ray":
        from rnnlab.sweeps.executors.ray.choice import on_ray

        return on_ray(options, workers, jobs, folder)
    if options["kind"] == "slurm":
        from rnnlab.sweeps.executors.slurm.choice import slurm

        return slurm(options, workers, jobs, folder)
    return _local(options, workers, jobs)


def _local(options: Mapping[str, Any], workers: int | None, jobs: Sequence[Job]) -> Local:
    accelerators = Accelerators(options.get("accelerators", "auto"))
    for job in jobs:
        wanted = needed(job.plain) or 0
        if accelerators.count and wanted > accelerators.count:
            why = f"the sweep may use {accelerators.count} accelerators ({job})"
            raise ConfigError(why, key="trainer.devices", value=wanted)
    return Local(workers or fitting(), accelerators)
