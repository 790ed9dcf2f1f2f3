"""What is compared: its name, which direction is better, its unit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rnnlab.compare.reading import Run
from rnnlab.errors import ConfigError, nearest

Better = Literal["lower", "higher"]
BETTER: tuple[Better, ...] = ("lower", "higher")

# Names that mean the same wherever they occur; other scores than the monitored one are known by
# them alone.
_LOWER = re.compile(
    r"loss|.*_loss|loss_.*|mae|rmse|mse|perplexity|bits_per_.*|.*error|.*_error_rate"
    r"|parameters|train_seconds"
)
_HIGHER = re.compile(r"accuracy|.*_accuracy|.*f1|bleu|r2|precision|recall|auroc")
_UNITS = (
    (r".*accuracy|.*f1|.*error_rate", "fraction"),
    (r"mae|rmse", "units of the target"),
    (r"bits_per_.*", "bits"),
    (r"train_seconds", "s"),
)


@dataclass(frozen=True)
class Metric:
    """What is compared.

    Args:
        name: Such as ``test/accuracy``.
        better: Which direction is better; None where nobody knows.
    """

    name: str
    better: Better | None

    @property
    def unit(self) -> str:
        """Its unit, where its name tells one; else nothing."""
        name = self.name.rpartition("/")[2]
        return next((unit for form, unit in _UNITS if re.fullmatch(form, name)), "")

    @property
    def axis(self) -> str:
        """The label of an axis: name, unit and direction."""
        said = [self.unit, f"{self.better} is better" if self.better else ""]
        more = ", ".join(filter(None, said))
        return f"{self.name} ({more})" if more else self.name

    def rank(self, value: float) -> float:
        """Return what sorts values from best to worst; by size where nobody knows what is best."""
        return -value if self.better == "higher" else value


def choose_metric(runs: Sequence[Run], name: str | None, better: str | None) -> Metric:
    """Return the metric that finished runs are compared by.

    Args:
        runs: Finished runs.
        name: The one to take; None for the test score that picked the best checkpoints.
        better: Which direction is better; None for what is known.

    Raises:
        ConfigError: No run has it, runs were picked by different scores, or the direction is none.
    """
    if better is not None and better not in BETTER:
        raise ConfigError("is no direction", key="--better", value=better, valid=BETTER)
    known = sorted({metric for run in runs for metric in run.metrics})
    if name is None:
        monitored = sorted({_monitored(run) for run in runs})
        if len(monitored) > 1:
            why = f"the runs are of several tasks, their scores {', '.join(monitored)}; choose one"
            raise ConfigError(why, key="--metric", valid=known)
        (name,) = monitored
    if name not in known:
        near = nearest(name, known)
        raise ConfigError("no run has it", key="--metric", value=name, valid=known, near=near)
    chosen: Better | None = "higher" if better == "higher" else "lower" if better else None
    return Metric(name, chosen or _direction(runs, name))


def _monitored(run: Run) -> str:
    assert run.result is not None
    return f"test/{str(run.result['monitor']).removeprefix('val/')}"


def _direction(runs: Sequence[Run], name: str) -> Better | None:
    score = name.rpartition("/")[2]
    said = {
        run.result["monitor_mode"]
        for run in runs
        if run.result is not None
        and "monitor_mode" in run.result
        and str(run.result["monitor"]).removeprefix("val/") == score
    }
    if said == {"min"}:
        return "lower"
    if said == {"max"}:
        return "higher"
    return known_direction(score)


def known_direction(score: str) -> Better | None:
    """Return which values of a score are better, by its name alone; None where nobody knows.

    Args:
        score: Such as ``loss`` or ``accuracy``.
    """
    if _LOWER.fullmatch(score):
        return "lower"
    return "higher" if _HIGHER.fullmatch(score) else None
