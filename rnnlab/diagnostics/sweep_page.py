"""One page on many runs: how far each setting carries a gradient, and which remedy moved what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab import __version__
from rnnlab.compare.html import as_figure, as_list, as_table, as_text, document
from rnnlab.compare.metric import Metric
from rnnlab.compare.plots.picture import Picture
from rnnlab.compare.plots.style import drawing, png
from rnnlab.compare.writing import write
from rnnlab.diagnostics.flows import HORIZON_AFTER, HORIZON_BEFORE, Flows, read_flows
from rnnlab.diagnostics.growth import Line, grown, length_key, lines, values
from rnnlab.diagnostics.plain_numbers import as_json
from rnnlab.diagnostics.plots.decay_curves import Decay, draw_decay_curves
from rnnlab.diagnostics.plots.horizons import Growth, draw_horizons
from rnnlab.diagnostics.remedies import Effect, Remedy, remedies
from rnnlab.diagnostics.sweep_numbers import sweep_numbers
from rnnlab.diagnostics.sweep_tables import effect_rows, setting_rows, solved, told

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_LENGTHS = 8
"""Of more lengths the decay curves of the longest are drawn."""


def write_sweep_report(
    paths: Sequence[Path],
    target: Path,
    *,
    metric: str | None = None,
    numbers: Path | None = None,
    folder: Path | None = None,
) -> Flows:
    """Read the runs below some folders and write the page about them; return what was read.

    Args:
        paths: Sweeps, run folders, or folders with run folders anywhere below.
        target: The HTML file.
        metric: The score; None for the test score that picked the best checkpoints.
        numbers: A JSON file for the numbers behind the page; None for none.
        folder: Where each picture is written to as well; None for the page alone.

    Raises:
        ConfigError: No run was looked into, or the metric is not known.
        StorageError: A folder cannot be read, or a file not be written.
    """
    flows = read_flows(paths, metric)
    drawn: list[Picture] = []
    write(target, sweep_page(flows, drawn.append).encode())
    for picture in drawn if folder is not None else []:
        assert folder is not None
        write(folder / f"{picture.name}.png", picture.png)
    if numbers is not None:
        write(numbers, as_json(sweep_numbers(flows, remedies(flows))).encode())
    return flows


def sweep_page(flows: Flows, drawn: Callable[[Picture], None] = lambda picture: None) -> str:
    """Return the page. Every text in it is escaped: names come from strangers' configs.

    Args:
        flows: What was read.
        drawn: Is given each picture of the page.
    """

    def shown(picture: Picture, level: str = "h2") -> str:
        drawn(picture)
        return as_figure(picture, level)

    title = "How far gradients are carried, and which remedy moved what"
    parts = [f"<h1>{as_text(title)}</h1>", as_list(list(solved(flows)))]
    if flows.remarks:
        parts.append(f"<h2>Note</h2>{as_list(flows.remarks)}")
    parts += _by_length(flows)
    parts += map(shown, pictures(flows))
    found = remedies(flows)
    if found:
        parts.append("<h2>Remedies</h2>")
    for place, remedy in enumerate(found):
        parts.append(f"<h3>{as_text(remedy.name)}</h3>{as_list(list(told(flows, remedy)))}")
        head, cells, labels = effect_rows(flows, remedy)
        parts.append(as_table(head, cells, labels))
        if (picture := remedy_picture(flows, remedy, place)) is not None:
            parts.append(shown(picture, "h4"))
    head, cells, labels = setting_rows(flows)
    parts.append(f"<h2>Every setting</h2>{as_table(head, cells, labels)}")
    footer = (
        f"rnnlab {as_text(__version__)}. The horizon is the lag at which the norm of the gradient "
        "by the state has fallen by 1e-3; ≥ says that in some run it never does, and the length "
        "of the sequence counts. Intervals are Student's t at 95% over seeds, not corrected; a "
        "star marks a difference established at 5%, Holm's correction over the places of one "
        "remedy."
    )
    return document(title, "\n".join(parts), footer)


def _by_length(flows: Flows) -> Iterator[str]:
    key = length_key(flows)
    if key is None:
        return
    for measure in (HORIZON_BEFORE, HORIZON_AFTER, flows.measures[-1]):
        head, cells = grown(flows, measure, key)
        unit = f", {measure.unit}" if measure.unit else ""
        yield f"<h2>{as_text(measure.name + unit)}</h2>{as_table(head, cells, 1)}"


def pictures(flows: Flows) -> Iterator[Picture]:
    """Draw horizons against length, and the decay curves at each length."""
    key = length_key(flows)
    several = lines(flows, key)
    with drawing():
        if key is not None and (figure := _horizons(flows, several, key)) is not None:
            yield Picture("horizons", f"Horizon and score against {key}", png(figure))
        lengths = sorted({length for line in several for length in line.settings})
        for length in lengths[-MOST_LENGTHS:]:
            here = [line for line in several if length in line.settings]
            decays = [
                _decay(flows, line.settings[length], line.brief, line.colour, line.dash)
                for line in here
            ]
            if (figure := draw_decay_curves(decays)) is None:
                continue
            where = f" at {key}={length:g}" if key is not None else ""
            name = f"decay_{length:g}" if key is not None else "decay"
            yield Picture(name, f"Gradient through time{where}", png(figure))


def _horizons(flows: Flows, several: Sequence[Line], key: str) -> Figure | None:
    growths = []
    for line in several:
        lengths = sorted(line.settings)
        before, after, scores = (
            values(flows, line, measure, lengths)
            for measure in (HORIZON_BEFORE, HORIZON_AFTER, flows.measures[-1])
        )
        growths.append(Growth(line.brief, lengths, before, after, scores, line.colour, line.dash))
    constant = next(((each.name, each.value) for each in flows.baselines if each.constant), None)
    label = Metric(flows.score.name, flows.score.better).axis
    return draw_horizons(growths, key=key, score=label, baseline=constant)


def _decay(flows: Flows, index: int, name: str, colour: int, dash: int) -> Decay:
    flow = flows.all[index]
    seen = flow.seeds.values()
    state = f" ({flow.state[1]})" if flow.state is not None else ""
    return Decay(
        f"{name}{state}",
        [ends.first.curve for ends in seen],
        [ends.last.curve for ends in seen],
        colour,
        dash,
    )


def remedy_picture(flows: Flows, remedy: Remedy, number: int) -> Picture | None:
    """Draw the curves with and without a remedy, in the place where it moved the horizon most.

    Args:
        flows: What was read.
        remedy: The remedy.
        number: Goes into the name of the picture's file.
    """
    seen = [
        effect
        for effect in remedy.effects
        if flows.all[effect.plain].seeds and flows.all[effect.treated].seeds
    ]
    if not seen:
        return None
    most = max(seen, key=_moved)
    decays = [
        _decay(flows, most.plain, f"{remedy.key}={remedy.before}", 0, 0),
        _decay(flows, most.treated, f"{remedy.key}={remedy.after}", 1, 1),
    ]
    with drawing():
        figure = draw_decay_curves(decays)
        if figure is None:
            return None
        where = f" at {most.place}" if most.place else ""
        return Picture(f"remedy_{number}", f"{remedy.name}{where}", png(figure))


def _moved(effect: Effect) -> float:
    pair = effect.differences[HORIZON_AFTER.name]
    return 0.0 if pair is None else abs(pair.difference or 0.0)
