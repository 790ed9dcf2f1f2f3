"""The Ray executor that a sweep asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from rnnlab.errors import ConfigError
from rnnlab.sweeps.accelerators import needed
from rnnlab.sweeps.executors.executor import Work
from rnnlab.sweeps.executors.ray.cluster import Cluster
from rnnlab.sweeps.executors.ray.demand import Demand, demand
from rnnlab.sweeps.executors.ray.executor import OnRay
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.job import Job


def on_ray(
    options: Mapping[str, Any], workers: int | None, jobs: Sequence[Job], sweep: SweepFolder
) -> OnRay:
    """Return what executes the runs of a sweep on a Ray cluster.

    Args:
        options: What the config says under ``executor``.
        workers: How many runs at a time; None for as many as fit.
        jobs: The runs.
        sweep: Its folder.

    Raises:
        ConfigError: A run asks for what no node has, or for accelerators by number.
        MissingPackage: Ray is not installed.
        StorageError: The cluster cannot be reached.
    """
    said = options.get("gpus") is not None
    wanted = {needed(job.plain): job for job in reversed(jobs)}  # the first of each kind
    if not said and None in wanted:
        devices = wanted[None].plain["trainer"]["devices"]
        why = "Ray hands accelerators out: say how many, here or by executor.gpus"
        raise ConfigError(why, key="trainer.devices", value=devices)
    demand(options, 0)  # what is wrong about it needs no cluster
    cluster = Cluster(options.get("address"))
    try:
        nodes = cluster.nodes()
        there_are = any(node.get("GPU") for node in nodes)
        demands = {number: demand(options, number or 0 if there_are else 0) for number in wanted}
        # Who says how many runs at a time lets Ray wait for nodes that are to come.
        if cluster.is_own or workers is None:
            for number, each in demands.items():
                if (mistake := each.lacking(nodes)) is not None:
                    mistake = _of_trainer(mistake) if not said else mistake
                    raise ConfigError(
                        f"{mistake.why} ({wanted[number]})", key=mistake.key, value=mistake.value
                    )
        asked = partial(_of_work, demands)
        return OnRay(cluster, asked, set(demands.values()), workers, len(jobs), sweep)
    except BaseException:
        cluster.leave()
        raise


def _of_work(demands: Mapping[int | None, Demand], work: Work) -> Demand:
    return demands[work.accelerators]


def _of_trainer(mistake: ConfigError) -> ConfigError:
    """Name the key that says how many accelerators a run uses, where the executor's does not."""
    key = "trainer.devices" if mistake.key == "executor.gpus" else mistake.key
    return ConfigError(mistake.why, key=key, value=mistake.value)
