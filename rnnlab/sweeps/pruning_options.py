"""What ``sweep.pruner`` asks for, checked before anything runs."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.config.schema import Sweep
from rnnlab.errors import ConfigError
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.objectives import Objective
from rnnlab.sweeps.pruner import Pruner
from rnnlab.sweeps.replicates import Replicates

_KEY, _WARMUP = "sweep.pruner", "sweep.pruner_warmup"


def choose_pruner(
    options: Sweep, objectives: Sequence[Objective], seeds: Replicates, examples: Sequence[Job]
) -> Pruner | None:
    """Return by which rule trials are given up; None where none are.

    Args:
        options: Of the sweep.
        objectives: What it searches for.
        seeds: The replicates of each setting.
        examples: Runs of all kinds that there will be.

    Raises:
        ConfigError: Trials like these cannot be judged while they train.
    """
    if options.pruner == "none":
        return None
    if (why := _refusal(objectives, seeds, examples)) is not None:
        raise ConfigError(why, key=_KEY, value=options.pruner)
    epochs = _epochs(options, examples)
    if 0 < epochs <= options.pruner_warmup:
        why = f"leaves nothing to give up of {epochs} epochs"
        raise ConfigError(why, key=_WARMUP, value=options.pruner_warmup)
    return Pruner(options.pruner, options.pruner_warmup, options.pruner_startup, epochs)


def refuse_pruner(options: Sweep) -> None:
    """Refuse to give up runs of a grid, which are to be compared with each other.

    Raises:
        ConfigError: That is asked for.
    """
    if options.pruner != "none":
        why = "a grid runs all its settings to the end; a search such as sweep.search=tpe gives up"
        raise ConfigError(why, key=_KEY, value=options.pruner)


def _refusal(
    objectives: Sequence[Objective], seeds: Replicates, examples: Sequence[Job]
) -> str | None:
    if len(objectives) > 1:
        names = ", ".join(objective.name for objective in objectives)
        return f"judges by one objective, and there are {len(objectives)}: {names}"
    (name,) = (objective.name for objective in objectives)
    if not name.startswith("val/"):
        return f"judges by what each validation measures, such as val/loss, and not by {name}"
    if seeds.number > 1:
        return (
            f"judges runs of one seed, and each setting has {seeds.number}; sweep.confirm=… tries "
            "the best settings with fresh seeds"
        )
    several = [job.plain["trainer"]["devices"] for job in examples if _processes(job) > 1]
    if several:
        return f"judges runs of one process, and trainer.devices={several[0]} makes several"
    return None


def _processes(job: Job) -> int:
    devices = job.plain["trainer"]["devices"]
    if isinstance(devices, list):
        return len(devices)
    return devices if isinstance(devices, int) else 1  # auto: a sweep gives each run one


def _epochs(options: Sweep, examples: Sequence[Job]) -> int:
    """Return the most epochs of any run; 0 where there is no such number.

    Raises:
        ConfigError: Hyperband needs one number for all, and there is none.
    """
    found = {int(job.config.trainer.max_epochs) for job in examples}
    if options.pruner == "hyperband" and (len(found) > 1 or min(found) < 1):
        said = "/".join(map(str, sorted(found)))
        why = "hyperband divides one number of epochs among all trials"
        raise ConfigError(why, key="trainer.max_epochs", value=said)
    return 0 if min(found) < 1 else max(found)
