"""``rnnlab bench step``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from rnnlab.bench.size import Size
from rnnlab.bench.step.contenders import CONTENDERS
from rnnlab.bench.step.result import Result, tables
from rnnlab.bench.step.turns import in_turn
from rnnlab.errors import ConfigError


def step(
    size: Annotated[str, typer.Option(help="B,T,H: batch, time steps, hidden size.")] = "32,20,32",
    rounds: Annotated[int, typer.Option(min=1, help="How often each has its turn.")] = 8,
    seconds: Annotated[float, typer.Option(min=0.05, help="The length of a turn.")] = 1.0,
    only: Annotated[
        list[str] | None, typer.Option(help="A contender to measure, by name; may be repeated.")
    ] = None,
    to: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Measure a whole training step beside a loop by hand, Lightning and Keras on JAX, in turn."""
    from rich.console import Console

    from rnnlab.bench.record import check_writable

    check_writable(to, "--json")
    result = measure(Size.parse(size), rounds, seconds, only or list(CONTENDERS))
    console = Console(highlight=False)
    for table in tables(result):
        console.print(table)
    if to is not None:
        result.write(to)


def measure(size: Size, rounds: int, seconds: float, names: Sequence[str]) -> Result:
    """Measure contenders; those whose packages are missing are left out.

    Args:
        size: Of model and batch.
        rounds: How often each has its turn.
        seconds: The least length of a turn.
        names: Who.

    Raises:
        ConfigError: There is no such contender, or T is too short.
        RunFailed: A contender failed.
    """
    if size.T < 2:
        raise ConfigError("T must be at least 2, for the two markers", key="--size", value=size)
    for name in names:
        if name not in CONTENDERS:
            raise ConfigError("no such contender", key="--only", value=name, valid=CONTENDERS)
    missing = {name: CONTENDERS[name].missing for name in names if CONTENDERS[name].missing}
    present = [name for name in names if name not in missing]
    return Result(size, in_turn(present, size, seconds, rounds), missing)
