"""What a search is for: scores and figures of finished runs, and which direction is better.

Every value is that of the kept best checkpoint, as ``result.json`` has it: what somebody who uses
the model gets, and not what the last epoch happened to give.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import fmean

from rnnlab.compare.metric import known_direction
from rnnlab.config.schema import Direction, Sweep
from rnnlab.errors import ConfigError, RunFailed, nearest
from rnnlab.runs.folder import RunFolder
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.logged_scores import logged_scores
from rnnlab.sweeps.making import Maker

FIGURES = ("parameters", "train_seconds")
"""What a result has beside scores."""

PARTS = ("val", "train")
"""The parts of the data whose scores may choose a setting; the test part is for the answer."""

_KEY, _DIRECTION = "sweep.objective", "sweep.direction"
_DIRECTIONS: tuple[Direction, ...] = ("minimize", "maximize")


@dataclass(frozen=True)
class Objective:
    """One thing that is searched for.

    Args:
        name: ``val/loss``, ``parameters``, ….
        direction: Which values are better.
    """

    name: str
    direction: Direction

    def value(self, attempt: RunFolder) -> float:
        """Return its value in a finished run.

        Raises:
            RunFailed: The run has none, or one that is not finite.
            StorageError: The result cannot be read.
        """
        result = attempt.read_result()
        part, _, score = self.name.partition("/")
        found = result.get(self.name) if not score else result["scores"].get(part, {}).get(score)
        if found is None:
            raise RunFailed(f"the run has no {self.name}")
        if not isfinite(found):
            raise RunFailed(f"{self.name} is {found}")
        return float(found)

    def mean(self, attempts: Iterable[RunFolder]) -> float:
        """Return the mean of its values in the finished runs of one setting."""
        return fmean(map(self.value, attempts))

    def cost(self, value: float) -> float:
        """Return what is less the better a value is."""
        return value if self.direction == "minimize" else -value

    def __str__(self) -> str:
        return f"{self.name} ({self.direction})"


def choose_objectives(options: Sweep, runs: Sequence[Job], maker: Maker) -> tuple[Objective, ...]:
    """Return what a sweep is for.

    Args:
        options: Name it, or leave it to the score that picks the best checkpoint of each run.
        runs: Examples of all kinds of runs that there will be.
        maker: Has made them.

    Raises:
        ConfigError: No run logs it, nobody knows which direction is better, or it would choose by
            the test part.
    """
    monitored = {maker.monitored(run) for run in runs}
    names = _names(options, monitored)
    _check_logged(names, runs, monitored)
    directions = _directions(options.direction, names, monitored)
    return tuple(Objective(*pair) for pair in zip(names, directions, strict=True))


def _names(options: Sweep, monitored: set[tuple[str, str]]) -> list[str]:
    asked = options.objective
    if asked is None:
        scores = sorted({name for name, _ in monitored})
        if len(scores) > 1:
            why = f"the runs are of several tasks, their scores {', '.join(scores)}; choose one"
            raise ConfigError(why, key=_KEY, value="null")
        return [f"val/{scores[0]}"]
    names = [asked] if isinstance(asked, str) else list(asked)
    if not names:
        raise ConfigError("names nothing", key=_KEY, value="[]")
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"has {name} more than once", key=_KEY, value=_shown(names))
        if name.startswith(("test/", "final/test/")):
            why = "would choose by the test part, which is for the answer; choose by val/"
            raise ConfigError(why, key=_KEY, value=name)
    return names


def _check_logged(
    names: Sequence[str], runs: Sequence[Job], monitored: set[tuple[str, str]]
) -> None:
    if any(name.startswith("val/") for name in names):
        for run in runs:
            if run.plain["trainer"]["limit_val_batches"] == 0:
                why = "no run logs it: trainer.limit_val_batches=0 leaves no validation"
                raise ConfigError(why, key=_KEY, value=_shown(names))
    # By their contracts every score has a loss, and the monitored one; others have to be looked at.
    common = {"loss"} if len(monitored) > 1 else {"loss", *(name for name, _ in monitored)}
    known = {*FIGURES, *(f"{part}/{name}" for part in PARTS for name in common)}
    if known.issuperset(names):
        return
    for scores in logged_scores(runs):
        valid = [*(f"{part}/{name}" for part in PARTS for name in scores), *FIGURES]
        for name in names:
            if name not in valid:
                near = nearest(name, valid)
                raise ConfigError("no run logs it", key=_KEY, value=name, valid=valid, near=near)


def _directions(
    asked: str | list[Direction] | None, names: Sequence[str], monitored: set[tuple[str, str]]
) -> list[Direction]:
    if asked is None:
        return [_direction(name, monitored) for name in names]
    said = [asked] if isinstance(asked, str) else list(asked)
    if len(said) != len(names):
        why = f"must have one direction for each of {_shown(names)}"
        raise ConfigError(why, key=_DIRECTION, value=_shown(said), valid=_DIRECTIONS)
    return ["maximize" if one == "maximize" else "minimize" for one in said]


def _direction(name: str, monitored: set[tuple[str, str]]) -> Direction:
    score = name.rpartition("/")[2]
    modes = {mode for known, mode in monitored if known == score}
    if len(modes) == 1:
        return "minimize" if modes == {"min"} else "maximize"
    better = known_direction(score)
    if better is None:
        why = f"is required: nobody knows which values of {name} are better"
        raise ConfigError(why, key=_DIRECTION, valid=_DIRECTIONS)
    return "minimize" if better == "lower" else "maximize"


def _shown(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"[{','.join(names)}]"
