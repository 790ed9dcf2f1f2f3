"""``rnnlab bench start``."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from rnnlab.bench.start.commands import COMMANDS, TRAIN
from rnnlab.bench.start.result import Result, table


def start(
    rounds: Annotated[int, typer.Option(min=1, help="How often each is started.")] = 5,
    to: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Measure how long rnnlab list takes, and rnnlab train to its first training step."""
    from rich.console import Console

    from rnnlab.bench.record import check_writable

    check_writable(to, "--json")
    result = measure(rounds)
    Console(highlight=False).print(table(result))
    if to is not None:
        to.write_text(json.dumps(result.to_json(), indent=2) + "\n")


def measure(rounds: int) -> Result:
    """Start every command in turn, some rounds long.

    Raises:
        RunFailed: A command failed.
    """
    with tempfile.TemporaryDirectory(prefix="rnnlab-bench-") as place:
        used = Path(place, "used")
        # Not measured: it makes the database, and files come into the cache of the disk.
        COMMANDS[TRAIN].seconds(Path(place, "unused"), used)
        times: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for number in range(rounds):
            for name, command in COMMANDS.items():
                times[name].append(command.seconds(Path(place, f"new-{number}"), used))
    return Result(times)
