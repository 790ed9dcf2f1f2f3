"""What a plan says before its first run: how many there are, and which."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rnnlab.sweeps.job import Job
from rnnlab.sweeps.plan import Plan
from rnnlab.sweeps.search_view import confirmation, space_table
from rnnlab.sweeps.search_view import counts as searched

_SHOWN = 20


def overview(plan: Plan, *, whole: bool) -> Iterator[RenderableType]:
    """Give the counts of a plan, and a table of its first settings if it is to be whole."""
    yield Text(f"sweep {plan.name}: {counts(plan)}")
    if plan.search is not None:
        if whole:
            yield from ("", space_table(plan.search))
        return
    if plan.left_out:
        yield Text(f"{plan.left_out} more would compute what one of these does, and are left out")
    if whole:
        yield from ("", _table(plan))
        if (more := len(plan.settings) - _SHOWN) > 0:
            yield Text(f"and {more:,} more")


def counts(plan: Plan) -> str:
    """Return how many settings, seeds and runs there are: ``3 settings x 5 seeds = 15 runs``."""
    if plan.search is not None:
        return searched(plan.search)
    settings, runs = plan.settings, len(plan.jobs)
    seeds = {len(jobs) for jobs in settings.values()}
    said = _number(len(settings), "setting")
    if len(seeds) == 1:
        said = f"{said} x {_number(seeds.pop(), 'seed')} = {_number(runs, 'run')}"
    else:
        said = f"{said}, {_number(runs, 'run')}"
    return said + confirmation(plan.options)


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _table(plan: Plan) -> Table:
    settings = list(plan.settings.values())
    keys = list(dict.fromkeys(key for jobs in settings for key in jobs[0].setting))
    table = Table(title=None)
    for key in keys or ["experiment"]:
        table.add_column(key)
    table.add_column("seeds")
    for jobs in settings[:_SHOWN]:
        first = jobs[0]
        said = [first.setting.get(key, "") for key in keys] or [str(first.plain["experiment_name"])]
        table.add_row(*map(Text, said), Text(_seeds(jobs)))
    return table


def _seeds(jobs: tuple[Job, ...]) -> str:
    """Return seeds in few signs: ``0-4``, or ``3, 7``."""
    seeds = [job.seed for job in jobs]
    if len(seeds) > 2 and seeds == list(range(seeds[0], seeds[-1] + 1)):
        return f"{seeds[0]}-{seeds[-1]}"
    return ", ".join(map(str, seeds))
