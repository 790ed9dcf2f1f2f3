"""What was measured, and how it is shown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from rnnlab.bench.size import Size
from rnnlab.bench.step.contenders import CONTENDERS
from rnnlab.bench.step.turns import Times

if TYPE_CHECKING:
    from rich.table import Table

# Which of two is divided by which, and what that is called.
RATIOS = {
    "rnnlab over a loop by hand": ("rnnlab", "by hand"),
    "rnnlab over a loop by hand on one thread": ("rnnlab", "by hand, 1 thread"),
    "rnnlab over Lightning": ("rnnlab", "Lightning"),
    "rnnlab over Keras on JAX": ("rnnlab", "Keras on JAX"),
    "norms of gradients at every step over none": ("rnnlab", "rnnlab, no norms"),
    "the same, all of them logged at every step": (
        "rnnlab, logs every step",
        "rnnlab, no norms, logs every step",
    ),
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
    times: Mapping[str, Times]
    missing: Mapping[str, Sequence[str]]

    def compared(self) -> dict[str, Times]:
        """Return the ratios of all comparisons whose contenders were measured.

        One for each round: both were measured within seconds of each other.
        """
        return {
            name: Times(
                _ratios(self.times[over].wall, self.times[under].wall),
                _ratios(self.times[over].cpu, self.times[under].cpu),
            )
            for name, (over, under) in RATIOS.items()
            if over in self.times and under in self.times
        }

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "size": {"B": self.size.B, "T": self.size.T, "H": self.size.H},
            "milliseconds_per_step": {name: asdict(times) for name, times in self.times.items()},
            "medians": {name: _medians(times) for name, times in self.times.items()},
            "median_ratios": {name: _medians(found) for name, found in self.compared().items()},
            "missing": {name: list(packages) for name, packages in self.missing.items()},
        }

    def write(self, path: Path) -> None:
        """Write :meth:`to_json` into a file."""
        path.write_text(json.dumps(self.to_json(), indent=2) + "\n")


def _ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    return [a / b for a, b in zip(over, under, strict=True)]


def _medians(times: Times) -> dict[str, float]:
    return {"wall": median(times.wall), "cpu": median(times.cpu)}


def tables(result: Result) -> list[Table]:
    """Return the times and the comparisons, each median with the least and the greatest."""
    from rich.table import Table

    size = result.size
    title = f"a whole training step, B{size.B} T{size.T} H{size.H}, LSTM"
    times = Table(title=title, title_justify="left")
    for name in ("", "what", "ms per step", "least to greatest", "ms of CPU"):
        times.add_column(name)
    for name, contender in CONTENDERS.items():
        if name in result.times:
            times.add_row(name, contender.what, *_shown(result.times[name]))
        elif name in result.missing:
            lacking = f"not installed: {', '.join(result.missing[name])}"
            times.add_row(name, lacking, "", "", "")
    compared = Table(title="ratios within each round", title_justify="left")
    for name in ("", "median", "least to greatest", "of CPU"):
        compared.add_column(name)
    for name, ratios in result.compared().items():
        compared.add_row(name, *_shown(ratios))
    return [times, compared]


def _shown(times: Times) -> tuple[str, str, str]:
    span = f"{min(times.wall):.2f} to {max(times.wall):.2f}"
    return f"{median(times.wall):.2f}", span, f"{median(times.cpu):.2f}"
