"""What a sweep's flows say, as rows and sentences; for the page and for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rnnlab.compare.flat import short
from rnnlab.compare.numbers import interval, number
from rnnlab.compare.paired import Pair
from rnnlab.diagnostics.flows import HORIZON_AFTER, HORIZON_BEFORE, Flows
from rnnlab.diagnostics.growth import grown, length_key, lines, shown
from rnnlab.diagnostics.remedies import Effect, Remedy, remedies
from rnnlab.errors import one_line

Rows = tuple[list[str], list[list[str]], int]
"""Head, cells, and how many columns on the left are names."""

_NAMED = 6


def setting_rows(flows: Flows) -> Rows:
    """Return a row for each setting: every measure with its interval over seeds."""
    columns = flows.settings.columns
    named = [f"{each.name}, {each.unit}" if each.unit else each.name for each in flows.measures]
    head = [*columns, "state", "seeds", "unfinished", *named]
    samples = [flows.samples(measure).all for measure in flows.measures]
    cells = []
    for index, flow in enumerate(flows.all):
        row = [short(flow.setting.shown(column)) for column in columns]
        row.append("–" if flow.state is None else f"{flow.state[0]} {flow.state[1]}")
        row += [str(len(flow.setting.runs)), str(len(flow.setting.unfinished) or "")]
        row += [
            shown(flows, index, measure, found[index].estimate)
            for measure, found in zip(flows.measures, samples, strict=True)
        ]
        cells.append(row)
    return head, cells, len(columns) + 1


def effect_rows(flows: Flows, remedy: Remedy) -> Rows:
    """Return a row for each place where a remedy was tried: what it changed, with intervals."""
    head = ["where", *(f"Δ {measure.name}" for measure in flows.measures)]
    cells = [
        [effect.place or "everywhere", *(_difference(each) for each in effect.differences.values())]
        for effect in remedy.effects
    ]
    return head, cells, 1


def _difference(pair: Pair | None) -> str:
    if pair is None or pair.difference is None:
        return "–"
    spread = f" {interval(pair.low, pair.high)}" if pair.low is not None else ""
    star = " *" if pair.established else ""
    sign = "+" if pair.difference > 0 else ""
    return f"{sign}{number(pair.difference)}{spread}{star}"


def told(flows: Flows, remedy: Remedy) -> Iterator[str]:
    """Give a sentence for each measure: where the remedy raised it, lowered it, or neither."""
    several = len(remedy.effects)
    for measure in flows.measures:
        up, down, neither = remedy.moved(measure.name)
        said = [
            f"{word} in {len(effects)} of {several} places ({_places(effects)})"
            for word, effects in (("higher", up), ("lower", down))
            if effects
        ]
        if not said:
            yield f"{measure.name}: {_nothing(remedy, measure.name)}"
        else:
            rest = f"; not established in {len(neither)}" if neither else ""
            yield f"{measure.name}: {', '.join(said)}{rest}"


def _nothing(remedy: Remedy, measure: str) -> str:
    places = len(remedy.effects)
    said = f"no change established in any of {places} places" if places > 1 else "none established"
    known = [
        (pair.difference, effect)
        for effect in remedy.effects
        if (pair := effect.differences[measure]) is not None and pair.difference
    ]
    if not known:
        return said
    difference, effect = max(known, key=lambda each: abs(each[0]))
    where = f" at {effect.place}" if effect.place else ""
    return f"{said}; the largest is {difference:+.4g}{where}"


def _places(effects: list[Effect]) -> str:
    named = [effect.place or "everywhere" for effect in effects[:_NAMED]]
    more = len(effects) - len(named)
    return "; ".join(named) + (f"; and {more} more" if more else "")


def solved(flows: Flows) -> Iterator[str]:
    """Give a sentence for each line: up to which length its score lies beyond every baseline."""
    key, score = length_key(flows), flows.measures[-1]
    if key is None or flows.score.better is None or not flows.baselines:
        return
    samples = flows.samples(score).all
    best = min(
        (baseline.high if flows.score.better == "higher" else baseline.low
         for baseline in flows.baselines), key=flows.score.rank,
    )  # fmt: skip
    for line in lines(flows, key):
        beyond = []
        for length, index in sorted(line.settings.items()):
            found = samples[index].estimate
            worst = found.low if flows.score.better == "higher" else found.high
            if worst is not None and flows.score.rank(worst) < flows.score.rank(best):
                beyond.append(length)
        horizon = flows.samples(HORIZON_AFTER).all
        longest = max(line.settings)
        far = shown(flows, line.settings[longest], HORIZON_AFTER,
                    horizon[line.settings[longest]].estimate)  # fmt: skip
        upto = (
            f"beyond every baseline at {key} = {', '.join(f'{each:g}' for each in beyond)}"
            if beyond
            else "at no length beyond the baselines"
        )
        yield f"{line.name}: {flows.score.name} {upto}; horizon at {longest:g}: {far} steps"


def as_tables(flows: Flows) -> Iterator[RenderableType]:
    """Give horizons and scores as tables for rich, then what remedies did, in words."""
    key = length_key(flows)
    if key is None:
        head, cells, labels = setting_rows(flows)
        yield _table("gradient through time", head, cells, labels)
    else:
        for measure in (HORIZON_BEFORE, HORIZON_AFTER, flows.measures[-1]):
            head, cells = grown(flows, measure, key)
            unit = f", {measure.unit}" if measure.unit else ""
            yield _table(f"{measure.name}{unit}: mean and 95% interval over seeds", head, cells, 1)
    for remedy in remedies(flows):
        yield Text(f"{one_line(remedy.name)}:")
        yield from (Text(f"  {one_line(line)}") for line in told(flows, remedy))
    if flows.remarks:
        yield Text("Note:")
        yield from (Text(f"  {one_line(line)}") for line in flows.remarks)


def _table(title: str, head: list[str], cells: list[list[str]], labels: int) -> Table:
    table = Table(title=Text(one_line(title)), title_justify="left")
    for place, name in enumerate(head):
        justify = "left" if place < labels else "right"
        table.add_column(Text(one_line(name)), justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in cells:
        table.add_row(*(Text(one_line(text)) for text in row))
    return table
