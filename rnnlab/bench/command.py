"""The verbs below ``rnnlab bench``. What measures is imported only when it is wanted."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from rnnlab.bench import options
from rnnlab.bench.start.command import start
from rnnlab.bench.step.command import step
from rnnlab.bench.sweep.command import sweep

if TYPE_CHECKING:
    from rich.console import RenderableType

    from rnnlab.bench.cells import Plan
    from rnnlab.bench.record import Record, Result


class _CellsByDefault(TyperGroup):
    """``rnnlab bench --cell lstm`` is ``rnnlab bench cells --cell lstm``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name of the verb where it was left out."""
        if not args or (args[0].startswith("-") and args[0] not in ("-h", "--help")):
            args = ["cells", *args]
        return super().parse_args(ctx, args)


bench = typer.Typer(
    cls=_CellsByDefault,
    help="Measure speed beside torch's own kernels, the eager loop, JAX and Keras. "
    "Without a verb: cells.",
)


class Cache(StrEnum):
    """What compilers find on disk."""

    cold = "cold"
    warm = "warm"


@bench.command("cells")
def cells(
    cell: options.Cells = None,
    engine: options.Engines = None,
    peer: options.Peers = None,
    size: options.Sizes = None,
    arg: options.Arguments = None,
    seconds: options.Seconds = 10.0,
    threads: options.Threads = None,
    seed: options.Seed = 0,
    device: options.Device = "cpu",
    json: options.Json = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Where to draw the ratios: .png, .svg or .pdf.")
    ] = None,
    source: options.From = None,
) -> None:
    """Measure cells x engines x sizes: time, memory, and ratios over their peers.

    Every candidate has the same weights and input, and computes the same gradients. It takes about
    five minutes by default; Ctrl-C ends it with what there is.
    """
    from rnnlab.bench.record import check_writable, read
    from rnnlab.bench.report import shown

    check_writable(json, "--json")
    if plot is not None:
        from rnnlab.bench.picture import SUFFIXES

        check_writable(plot, "--plot", SUFFIXES)

    def finish(record: Record) -> None:
        _show(*shown(record))
        if json is not None:
            record.write(json)
        if plot is not None and record.results:
            from rnnlab.bench.picture import draw

            draw(record, plot)

    if source:
        finish(read(source, "cells"))
        return
    record, plan = _begin(
        "cells",
        cells=cell,
        engines=engine,
        peers=peer,
        sizes=size,
        arguments=arg,
        seconds=seconds,
        threads=threads,
        seed=seed,
        device=device,
    )
    from rnnlab.bench.cells import measure

    try:
        for name, at in plan.cases():
            _say(f"{name} {at} …")
            measure(plan, name, at, _keeping(record, json))
    finally:
        finish(record)
    _fail_if_troubled(record)


@bench.command("compile")
def compile_(
    cell: options.Cells = None,
    engine: options.Engines = None,
    peer: options.Peers = None,
    size: options.Sizes = None,
    arg: options.Arguments = None,
    threads: options.Threads = None,
    seed: options.Seed = 0,
    device: options.Device = "cpu",
    json: options.Json = None,
    source: options.From = None,
) -> None:
    """Measure what compiling costs before the first step, in new processes.

    Once with nothing on disk, and again with what the first process has left there. The size is
    32,100,64 by default: what is compiled does not depend much on it.
    """
    from rnnlab.bench.compile_table import shown
    from rnnlab.bench.record import check_writable, read

    check_writable(json, "--json")
    if source:
        record = read(source, "compile")
        _show(*shown(record))
        if json is not None:
            record.write(json)
        return
    record, plan = _begin(
        "compile",
        cells=cell,
        engines=engine,
        peers=peer,
        sizes=size or ["32,100,64"],
        arguments=arg,
        threads=threads,
        seed=seed,
        device=device,
    )
    from rnnlab.bench.compiling import measure_compiling

    try:
        for name, at in plan.cases():
            measure_compiling(plan, name, at, _keeping(record, json), _say)
    finally:
        _show(*shown(record))
    _fail_if_troubled(record)


@bench.command("auto")
def auto(
    cell: options.Cells = None,
    size: options.Sizes = None,
    run_length: Annotated[
        list[int] | None,
        typer.Option(
            min=1, help="Training steps of a run; may be repeated. 50, 500, 5000 and 50000."
        ),
    ] = None,
    cache: Annotated[Cache, typer.Option(help="What compilers find on disk.")] = Cache.cold,
    arg: options.Arguments = None,
    seconds: options.Seconds = 10.0,
    threads: options.Threads = None,
    seed: options.Seed = 0,
    device: options.Device = "cpu",
    json: options.Json = None,
    source: options.From = None,
) -> None:
    """Judge what engine=auto chooses: its regret against the best engine, by size and run length.

    Steps and compilation of every engine are measured; a run takes the one plus so many times the
    other. --from judges the choices of today by a measurement of before.
    """
    from rnnlab.bench.record import check_writable, read

    check_writable(json, "--json")

    def finish(record: Record) -> None:
        from rnnlab.bench.regret import RUN_LENGTHS, regrets
        from rnnlab.bench.regret_table import shown

        found = list(regrets(record, run_length or RUN_LENGTHS, cache.value))
        _show(*shown(record, found, cache.value))
        if json is not None:
            record.write(json, regrets=[{**vars(item), "regret": item.value} for item in found])

    if source:
        finish(read(source, "auto"))
        return
    record, plan = _begin(
        "auto",
        cells=cell,
        peers=["none"],
        sizes=size,
        arguments=arg,
        seconds=seconds,
        threads=threads,
        seed=seed,
        device=device,
    )
    from rnnlab.bench.compiling import measure_engines

    known: dict[tuple[str, int, str], dict[str, float]] = {}
    try:
        for name, at in plan.cases():
            _say(f"{name} {at} …")
            measure_engines(plan, name, at, _keeping(record, json), known)
    finally:
        finish(record)
    _fail_if_troubled(record)


def _begin(
    verb: str,
    *,
    cells: Sequence[str] | None,
    sizes: Sequence[str] | None,
    arguments: Sequence[str] | None,
    threads: int | None,
    seed: int,
    device: str,
    engines: Sequence[str] | None = None,
    peers: Sequence[str] | None = None,
    seconds: float = 0.0,
) -> tuple[Record, Plan]:
    """Return an empty record and the plan that fills it, after checking all that can be wrong."""
    from rnnlab.bench.size import SIZES, Size

    asked = list(dict.fromkeys(map(Size.parse, sizes))) if sizes else list(SIZES)
    # Before torch is imported: its profiler, which measures memory, tells of itself on stderr.
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")
    from rnnlab.bench.cells import Plan, check_plan
    from rnnlab.bench.machine import check_device, machine, set_threads
    from rnnlab.bench.peers import choose_peers
    from rnnlab.bench.record import Record

    check_device(device)
    present, left_out = choose_peers(peers or None, device)
    plan = Plan(
        cells=list(dict.fromkeys(cells or options.CELLS)),
        sizes=asked,
        engines=list(dict.fromkeys(engines)) if engines else None,
        peers=present,
        arguments=arguments or (),
        seconds=seconds,
        seed=seed,
        device=device,
        memory=verb == "cells",
    )
    check_plan(plan)
    setting: dict[str, Any] = {
        "command": shlex.join(["rnnlab", *sys.argv[1:]]),
        "time": datetime.now().astimezone().isoformat(timespec="seconds"),
        "seed": seed,
        "device": device,
        "arguments": list(plan.arguments),
        "seconds": seconds,
    }
    return Record(verb, machine(set_threads(threads), device), setting, left_out), plan


def _keeping(record: Record, path: Path | None) -> Callable[[Result], None]:
    """Return what adds a result, and writes it at once: nothing is lost if the machine dies."""

    def keep(result: Result) -> None:
        record.results.append(result)
        if path is not None:
            record.write(path)

    return keep


def _fail_if_troubled(record: Record) -> None:
    if any(item.trouble for result in record.results for item in result.measured):
        raise typer.Exit(1)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _show(*things: RenderableType) -> None:
    from rich.console import Console

    # A pipe has no width; rich would cut tables at 80 columns.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 100)
    for thing in things:
        console.print(thing)


bench.command("step")(step)
bench.command("start")(start)
bench.command("sweep")(sweep)
