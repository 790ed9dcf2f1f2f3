"""``rnnlab bench sweep``."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from rnnlab.bench.sweep.timed import Timed


_SECONDS = 60.0


def sweep(
    workers: Annotated[int, typer.Option(min=2, help="To compare with one.")] = 2,
    runs: Annotated[int, typer.Option(min=2, help="How many runs a sweep has.")] = 8,
    epochs: Annotated[int, typer.Option(min=1, help="How long a run is.")] = 60,
    rounds: Annotated[int, typer.Option(min=1, help="How often each has its turn.")] = 3,
    planned: Annotated[
        int, typer.Option(min=1, help="Runs in the sweep whose driver is measured.")
    ] = 1000,
    to: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Measure runs per hour with one worker and with several, and what a run costs beside training.

    The whole program: rnnlab train -m on the digits, tracked, in folders that are removed again.
    """
    from rich.console import Console

    from rnnlab.bench.record import check_writable
    from rnnlab.bench.sweep.ceiling import plain_gain
    from rnnlab.bench.sweep.driving import driver_share
    from rnnlab.bench.sweep.timed import time_alone, time_sweep

    check_writable(to, "--json")
    sweeps: dict[int, list[Timed]] = {1: [], workers: []}
    alone: list[float] = []
    plain: list[float] = []
    shares: dict[bool, list[float]] = {False: [], True: []}
    with tempfile.TemporaryDirectory(prefix="rnnlab-bench-") as place:
        for number in range(rounds):
            for count, found in sweeps.items():
                folder = Path(place, f"{number}-{count}")
                found.append(time_sweep(count, runs, epochs, folder))
            plain.append(plain_gain(workers))
            alone.append(time_alone(epochs, Path(place, f"{number}-alone")))
            for tracked, share in shares.items():
                folder = Path(place, f"{number}-driven-{tracked}")
                share.append(driver_share(planned, workers, _SECONDS, folder, tracked))
    shown = table(sweeps[1], sweeps[workers], plain, alone, planned, shares)
    Console(highlight=False).print(shown)
    if to is not None:
        figures: dict[str, Any] = {
            "sweeps": [asdict(each) for found in sweeps.values() for each in found],
            "plain": plain,
            "alone": alone,
            "driver_share": {"planned": planned, "alone": shares[False], "mlflow": shares[True]},
        }
        to.write_text(json.dumps(figures, indent=2) + "\n")


def table(
    one: list[Timed],
    several: list[Timed],
    plain: list[float],
    alone: list[float],
    planned: int,
    shares: dict[bool, list[float]],
) -> Table:
    """Return medians over the rounds, each with the least and the greatest."""
    from rich.table import Table

    shown = Table(title=f"sweeps of {len(one[0].began)} runs", title_justify="left")
    for name in ("", "median", "least to greatest"):
        shown.add_column(name)
    count = several[0].workers
    ratios = [b.per_hour / a.per_hour for a, b in zip(one, several, strict=True)]
    fixed = [seconds for each in one for seconds in each.fixed]
    for name, values in (
        ("runs per hour, 1 worker", [each.per_hour for each in one]),
        (f"runs per hour, {count} workers", [each.per_hour for each in several]),
        (f"{count} workers over 1", ratios),
        (f"{count} plain PyTorch loops over 1", plain),
        ("seconds of a run's training", [s for each in one for s in each.trained]),
        ("fixed cost of a run in a sweep, seconds", fixed),
        ("fixed cost of rnnlab train alone, seconds", alone),
        (f"% of the machine for driving {planned:,} planned runs", _per_cent(shares[False])),
        ("% with what it sends to MLflow", _per_cent(shares[True])),
    ):
        span = f"{min(values):.2f} to {max(values):.2f}"
        shown.add_row(name, f"{median(values):.2f}", span)
    return shown


def _per_cent(shares: list[float]) -> list[float]:
    return [100 * share for share in shares]
