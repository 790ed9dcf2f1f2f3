"""What was measured, and how it is shown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from rnnlab.bench.step.contenders import CONTENDERS
from rnnlab.bench.step.size import Size

if TYPE_CHECKING:
    from rich.table import Table

# Which of two is divided by which, and what that is called.
RATIOS = {
    "rnnlab over a loop by hand": ("rnnlab", "by hand"),
    "rnnlab over a loop by hand on one thread": ("rnnlab", "by hand, 1 thread"),
    "rnnlab over Lightning": ("rnnlab", "Lightning"),
    "rnnlab over Keras on JAX": ("rnnlab", "Keras on JAX"),
    "norms of gradients at every step over none": ("rnnlab, norms every step", "rnnlab, no norms"),
}


@dataclass(frozen=True)
class Result:
    """The milliseconds per step of each contender in each round.

    Args:
        size: Of model and batch.
        times: By contender; all have the same number of rounds.
        missing: Which packages contenders lack that could not be measured.
    """

    size: Size
    times: Mapping[str, Sequence[float]]
    missing: Mapping[str, Sequence[str]]

    def ratios(self, over: str, under: str) -> list[float]:
        """Return one ratio for each round: both were measured within seconds of each other."""
        return [a / b for a, b in zip(self.times[over], self.times[under], strict=True)]

    def compared(self) -> dict[str, list[float]]:
        """Return the ratios of all comparisons whose contenders were measured."""
        return {
            name: self.ratios(over, under)
            for name, (over, under) in RATIOS.items()
            if over in self.times and under in self.times
        }

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "size": {"B": self.size.batch, "T": self.size.steps, "H": self.size.hidden},
            "milliseconds_per_step": {name: list(times) for name, times in self.times.items()},
            "medians": {name: median(times) for name, times in self.times.items()},
            "median_ratios": {name: median(found) for name, found in self.compared().items()},
            "missing": {name: list(packages) for name, packages in self.missing.items()},
        }

    def write(self, path: Any) -> None:
        """Write :meth:`to_json` into a file."""
        path.write_text(json.dumps(self.to_json(), indent=2) + "\n")


def tables(result: Result) -> list[Table]:
    """Return the times and the comparisons, each median with the least and the greatest."""
    from rich.table import Table

    size = result.size
    title = f"a whole training step, B{size.batch} T{size.steps} H{size.hidden}, LSTM"
    times = Table(title=title, title_justify="left")
    for name in ("", "what", "ms per step", "least to greatest"):
        times.add_column(name)
    for name, contender in CONTENDERS.items():
        if name in result.times:
            found = result.times[name]
            span = f"{min(found):.2f} to {max(found):.2f}"
            times.add_row(name, contender.what, f"{median(found):.2f}", span)
        elif name in result.missing:
            times.add_row(name, f"not installed: {', '.join(result.missing[name])}", "", "")
    compared = Table(title="ratios within each round", title_justify="left")
    for name in ("", "median", "least to greatest"):
        compared.add_column(name)
    for name, ratios in result.compared().items():
        span = f"{min(ratios):.2f} to {max(ratios):.2f}"
        compared.add_row(name, f"{median(ratios):.2f}", span)
    return [times, compared]
