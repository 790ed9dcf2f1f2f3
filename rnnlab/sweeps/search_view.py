"""A search for people: what it may choose before it begins, and what it has found."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rnnlab.config.schema import Sweep
from rnnlab.sweeps.objectives import Objective
from rnnlab.sweeps.ranking import Scored, ranked
from rnnlab.sweeps.search_plan import SearchPlan

_SHOWN, _LONGEST = 5, 9


@dataclass(frozen=True)
class Found:
    """What was found among settings.

    Args:
        scored: All that came to something.
        objectives: What they were chosen by.
        seeds: The argument that gives a run of a setting its replicates; "" for one run.
        confirmed: Whether the best ones ran again with fresh seeds.
    """

    scored: tuple[Scored, ...]
    objectives: tuple[Objective, ...]
    seeds: str = ""
    confirmed: bool = False


def counts(plan: SearchPlan) -> str:
    """Return how much is searched: ``tpe, 50 trials x 3 seeds for val/loss (minimize)``."""
    options, seeds = plan.options, plan.seeds.number
    each = "" if seeds == 1 else f" x {seeds} seeds"
    said = f"{options.search}, {_number(options.trials or 0, 'trial')}{each}"
    pruned = "" if options.pruner == "none" else f", pruned by {options.pruner}"
    more = pruned + confirmation(options)
    return f"{said} for {' and '.join(map(str, plan.objectives))}{more}"


def confirmation(options: Sweep) -> str:
    """Return how the best settings are confirmed: ``, then the best 3 x 5 fresh seeds``, or ""."""
    if not options.confirm:
        return ""
    which = "the best" if options.confirm == 1 else f"the best {options.confirm}"
    return f", then {which} x {_number(options.confirm_seeds, 'fresh seed')}"


def space_table(plan: SearchPlan) -> Table:
    """Return what is chosen from, a row for each key."""
    table = Table(title=None)
    for column in ("key", "values", "may be"):
        table.add_column(column)
    for axis in plan.space.axes:
        table.add_row(*map(Text, (axis.key, _KINDS[axis.kind], str(axis))))
    return table


def found_lines(found: Found) -> Iterator[RenderableType]:
    """Give the best settings with their values, and how to run the first one again."""
    if not found.scored:
        yield Text("no setting came to a value")
        return
    best = ranked(found.scored, found.objectives)
    yield _table(best[:_SHOWN], found)
    if len(found.objectives) > 1 and len(best) > _SHOWN:
        yield Text(f"and {len(best) - _SHOWN} more that no other setting beats")
    shown = best[:1] if len(found.objectives) == 1 else best[:_SHOWN]
    for scored in shown:
        yield Text(f"again: {command(scored, found.seeds)}", no_wrap=True)
    if (count := _distinct(found)) > 1 and not found.confirmed:
        yield Text(
            f"chosen among {count} by these values, the best was lucky too; "
            "sweep.confirm=3 runs the best again with fresh seeds"
        )


def command(scored: Scored, seeds: str = "") -> str:
    """Return the command line that makes the run, or the runs, of a setting again."""
    several = ["-m"] if seeds else []
    last = [seeds] if seeds else []
    return shlex.join(["rnnlab", "train", *several, *scored.setting.overrides, *last])


_KINDS = {"real": "a number", "whole": "a whole number", "choice": "one of"}


def _table(best: Sequence[Scored], found: Found) -> Table:
    objectives = found.objectives
    among = f"of {_number(_distinct(found), 'setting')}"
    title = f"best {among}" if len(objectives) == 1 else f"not beaten by any other {among}"
    table = Table(title=title, title_justify="left")
    keys = list(best[0].setting.swept)
    for key in keys:
        table.add_column(key)
    for objective in objectives:
        table.add_column(str(objective), justify="right")
    for scored in best:
        values = (f"{value:.4g}" for value in scored.values)
        table.add_row(*(Text(_short(scored.setting.swept[key])) for key in keys), *values)
    return table


def _short(written: str) -> str:
    """Return a number in a few digits; the command has them all."""
    if len(written) <= _LONGEST:
        return written
    try:
        return f"{float(written):.5g}"
    except ValueError:
        return written


def _distinct(found: Found) -> int:
    return len({scored.fingerprint for scored in found.scored})


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
