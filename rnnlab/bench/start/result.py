"""What was measured, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from rnnlab.bench.start.commands import COMMANDS, IMPORTS, TRAIN, TRAIN_ANEW

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class Result:
    """The seconds of each command in each round.

    Args:
        times: By command; all have the same number of rounds.
    """

    times: Mapping[str, Sequence[float]]

    def beyond_imports(self) -> dict[str, list[float]]:
        """Return by how much a training took longer than the imports of the same round."""
        return {
            name: [a - b for a, b in zip(self.times[name], self.times[IMPORTS], strict=True)]
            for name in (TRAIN, TRAIN_ANEW)
        }

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        beyond = self.beyond_imports()
        return {
            "seconds": {name: list(times) for name, times in self.times.items()},
            "medians": {name: median(times) for name, times in self.times.items()},
            "medians_beyond_imports": {name: median(times) for name, times in beyond.items()},
        }


def table(result: Result) -> Table:
    """Return medians, each with the least and the greatest."""
    from rich.table import Table

    shown = Table(title="seconds from the start of a command", title_justify="left")
    for name in ("", "what", "seconds", "least to greatest", "beyond imports"):
        shown.add_column(name)
    beyond = result.beyond_imports()
    for name, times in result.times.items():
        span = f"{min(times):.2f} to {max(times):.2f}"
        further = f"{median(beyond[name]):+.2f}" if name in beyond else ""
        shown.add_row(name, COMMANDS[name].what, f"{median(times):.2f}", span, further)
    return shown
