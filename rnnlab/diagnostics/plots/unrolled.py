"""A recurrent network as a loop, and as its copies in time that share their weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from rnnlab.compare.flat import short
from rnnlab.compare.plots.style import COLOURS, GREY, new_figure
from rnnlab.diagnostics.plots.panels import note
from rnnlab.diagnostics.plots.shapes import (
    HEIGHT,
    RADIUS,
    WIDTH,
    Place,
    arrow,
    box,
    circle,
    indexed,
    loop,
    say,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Answers = Literal["last", "mean", "max", "every", "decoder"]

_COLUMN, _WIDE_COLUMN = 1.75, 2.5
_MOST_STEPS, _FIRST, _LAST = 8, 3, 2
_MOST_OF_TWO, _FIRST_OF_TWO, _LAST_OF_TWO = 4, 2, 1
_MOST_LAYERS = 4
_LOOP = 3.1
_GRADIENT = COLOURS[1]
# The gradient's colour is no layer's.
_WEIGHTS = (COLOURS[0], *COLOURS[2:])


@dataclass(frozen=True)
class Network:
    """What the picture shows.

    Args:
        cell: What it is called.
        layers: How many are on top of one another.
        steps: T, input steps; 0 for a decoder that begins with one vector.
        answers: Where it answers: after the ``last`` step, from the ``mean`` or ``max`` of all, at
            ``every`` step, or by a ``decoder``.
        states: What a step hands to the next.
        bidirectional: Whether each layer reads in both directions.
        truncate: K, steps after which the gradient is cut; None for none.
        resets: Steps, from 1, before which the state returns to its initial value.
        decoder_steps: L, where a decoder answers.
        attention: Whether the decoder looks at all steps of the encoder.
        hands_over: Whether the decoder starts from the encoder's last state.
    """

    cell: str
    layers: int
    steps: int
    answers: Answers
    states: tuple[str, ...] = ("h",)
    bidirectional: bool = False
    truncate: int | None = None
    resets: tuple[int, ...] = ()
    decoder_steps: int = 0
    attention: bool = False
    hands_over: bool = False


@dataclass(frozen=True)
class _Chain:
    """One stack of layers: the whole network, its encoder or its decoder."""

    network: Network
    name: str
    input: str
    output: str | None  # None: it answers nothing by itself
    steps: int
    bidirectional: bool
    first_colour: int
    cuts: tuple[int, ...]  # steps after which the gradient is cut
    resets: tuple[int, ...]

    @property
    def layers(self) -> list[int]:
        """The layers that are drawn, from 1; between others is an ellipsis."""
        return shown(self.network.layers, (), _MOST_LAYERS, 2, 1)

    @property
    def rise(self) -> float:
        """From a layer to the next."""
        return 3.0 if self.bidirectional else 1.5

    @property
    def top(self) -> float:
        """The height at which the uppermost layer ends."""
        return self.height(len(self.layers) - 1) + (2.0 if self.bidirectional else HEIGHT / 2)

    @property
    def ends_apart(self) -> bool:
        """Whether the answer is made where each direction ends: at either end of the sequence."""
        return self.bidirectional and self.network.answers == "last" and self.output is not None

    @property
    def pooled(self) -> str | None:
        """What the answer is made of, if not of the last step."""
        if self.output is None or self.network.answers not in ("last", "mean", "max"):
            return None
        if self.network.answers == "last":
            return "where each direction ends" if self.bidirectional else None
        return f"{self.network.answers} of all steps"

    def height(self, row: int) -> float:
        return 1.25 + self.rise * row

    def places(self, x: float, row: int) -> list[Place]:
        """Return the middles of a layer's boxes: one for each direction."""
        y = self.height(row)
        return [(x - 0.4, y), (x + 0.4, y + 1.15)] if self.bidirectional else [(x, y)]

    def colour(self, row: int, direction: int) -> str:
        place = self.first_colour + (1 + self.bidirectional) * row + direction
        return _WEIGHTS[place % len(_WEIGHTS)]

    def weight(self, row: int, direction: int) -> str:
        arrowhead = ("→", "←")[direction] if self.bidirectional else ""
        return indexed("W", self.layers[row]) + arrowhead


def shown(count: int, wanted: Sequence[int], most: int, first: int, last: int) -> list[int]:
    """Return which of 1 to count are drawn: all, or the first and last few and those wanted."""
    if count <= most:
        return list(range(1, count + 1))
    ends = {*range(1, first + 1), *range(count - last + 1, count + 1)}
    return sorted(ends | {each for each in wanted if 1 <= each <= count})


def draw_unrolled(network: Network) -> Figure:
    """Draw the loop on the left and its copies in time on the right."""
    chains = _chains(network)
    figure = new_figure(1, 1)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_aspect("equal")
    for number, chain in enumerate(chains):
        _draw_loop(axes, _LOOP * number, chain)
    left = _LOOP * len(chains)
    drawn: list[dict[int, float]] = []
    vector = network.answers == "decoder" and network.steps == 0
    for number, chain in enumerate(chains):
        start = max(drawn[-1].values()) + 2.4 if drawn else left + 0.55 + 0.7 * vector
        drawn.append(_columns(chain, start, alone=len(chains) == 1))
        _draw_chain(axes, chain, drawn[-1], joined=number > 0 and network.hands_over)
    if len(chains) > 1:
        _draw_joint(axes, network, chains[0], drawn[0], chains[1], drawn[1])
    elif vector:
        _draw_vector(axes, chains[0], drawn[0])
    right = max(max(drawn[-1].values()) + 1.25, left + 4.5)
    top = max(chain.top for chain in chains) + 2.4
    top += 1.1 * any(chain.pooled is not None for chain in chains)
    bottom = -1.55 if network.answers == "decoder" else -0.75
    axes.plot([left - 0.85] * 2, [bottom + 0.3, top - 0.3], color="0.8", linewidth=1)
    say(axes, (-0.9, top), "the loop", size=10, ha="left")
    say(axes, (left, top), "its copies in time, with the same weights", size=10, ha="left")
    axes.set_xlim(-1.4, right)
    axes.set_ylim(bottom, top + 0.35)
    _fit(figure, right + 1.4, top + 0.35 - bottom)
    note(figure, *_said(network))
    return figure


def _chains(network: Network) -> list[_Chain]:
    every = network.truncate
    cuts = tuple(range(every, network.steps, every)) if every else ()
    decodes = network.answers == "decoder"
    chains = []
    if network.steps:
        output = None if decodes else "y"
        name = "encoder" if decodes else ""
        chains.append(
            _Chain(network, name, "x", output, network.steps, network.bidirectional, 0, cuts,
                   network.resets)
        )  # fmt: skip
    if decodes:
        used = network.layers * (1 + network.bidirectional) if network.steps else 0
        steps = max(1, network.decoder_steps)
        chains.append(_Chain(network, "decoder", "y", "y", steps, False, used, (), ()))
    return chains


def _columns(chain: _Chain, x: float, *, alone: bool) -> dict[int, float]:
    """Return where the drawn steps are; between steps that do not follow there is more room."""
    wanted = [step for cut in chain.cuts[:1] for step in (cut, cut + 1)]
    wanted += [step for reset in chain.resets[:1] for step in (reset - 1, reset)]
    if alone:
        steps = shown(chain.steps, wanted, _MOST_STEPS, 1 if wanted else _FIRST, _LAST)
    else:
        steps = shown(chain.steps, wanted, _MOST_OF_TWO, _FIRST_OF_TWO, _LAST_OF_TWO)
    column = _WIDE_COLUMN if chain.bidirectional else _COLUMN
    places = {}
    for place, step in enumerate(steps):
        if place:
            x += column + (0.35 if step - steps[place - 1] > 1 else 0.0)
        places[step] = x
    return places


def _draw_loop(axes: Axes, x: float, chain: _Chain) -> None:
    _draw_column(axes, x, chain, "t", answers=True)
    for row in range(len(chain.layers)):
        for direction, place in enumerate(chain.places(x, row)):
            colour = chain.colour(row, direction)
            loop(axes, place, colour, leftwards=direction == 1)
            side = -1 if chain.bidirectional and direction == 0 else 1
            at = (place[0] + side * (WIDTH / 2 + 0.3), place[1] - 0.22)
            say(axes, at, chain.weight(row, direction), colour=colour, size=8)
            states = ", ".join(chain.network.states)
            say(axes, (at[0], at[1] - 0.25), short(states, 10), colour=GREY, size=7)
    if chain.name:
        say(axes, (x, -1.2), chain.name, colour=GREY)


def _draw_chain(axes: Axes, chain: _Chain, places: dict[int, float], *, joined: bool) -> None:
    answers = chain.network.answers
    for step, x in places.items():
        _draw_column(
            axes, x, chain, step, answers=answers in ("every", "decoder") or step == chain.steps
        )
    first = min(places)
    for row in range(len(chain.layers)):
        for direction in range(1 + chain.bidirectional):
            for before, after in pairwise(places):
                _draw_step(axes, chain, places, before, after, row, direction)
            if not joined:
                _draw_start(axes, chain, places, first, row, direction)
    for cut in chain.cuts:
        if cut in places and cut + 1 in places:
            _draw_cut(axes, chain, (places[cut] + places[cut + 1]) / 2)
    for before, after in pairwise(places):
        if after - before > 1:
            say(axes, ((places[before] + places[after]) / 2, 0), "⋯", size=13)
    if chain.pooled is not None:
        _draw_pool(axes, chain, places, chain.pooled)


def _draw_column(axes: Axes, x: float, chain: _Chain, step: int | str, *, answers: bool) -> None:
    index: int | str = step
    if chain.input == "y":  # a decoder reads what comes before
        index = "t₋₁" if step == "t" else int(step) - 1
    text = "start" if index == 0 else indexed(chain.input, index)
    circle(axes, (x, 0.0), text, filled=True)
    below = RADIUS
    for row, layer in enumerate(chain.layers):
        places = chain.places(x, row)
        skipped = row > 0 and layer - chain.layers[row - 1] > 1
        if skipped:
            say(axes, (x + 0.2, (below + places[0][1] - HEIGHT / 2) / 2), "⋮")
        for direction, place in enumerate(places):
            box(axes, place, short(chain.network.cell, 9), chain.colour(row, direction))
            # The way to the upper of two boxes passes the lower one on its right.
            aside = (-0.15, 0.6)[direction] if chain.bidirectional else 0.0
            end = (x + aside, place[1] - HEIGHT / 2)
            arrow(axes, (x + aside / 3, below), end, dashed=skipped)
        if (
            chain.bidirectional
            and chain.ends_apart
            and row == len(chain.layers) - 1
            and step != "t"
        ):
            pass  # nobody reads both at this step
        elif chain.bidirectional:
            below = chain.height(row) + 2.0
            arrow(axes, (places[0][0] - 0.3, places[0][1] + HEIGHT / 2), (x - 0.08, below - 0.04))
            arrow(axes, (places[1][0], places[1][1] + HEIGHT / 2), (x + 0.08, below - 0.04))
        else:
            below = places[0][1] + HEIGHT / 2
    if answers and chain.output is not None and (chain.pooled is None or step == "t"):
        _draw_answer(axes, x, below, indexed(chain.output, _answer(chain, step)))


def _answer(chain: _Chain, step: int | str) -> int | str:
    return step if chain.network.answers in ("every", "decoder") else ""


def _draw_answer(axes: Axes, x: float, start: float, text: str) -> None:
    y = start + 0.75
    arrow(axes, (x, start), (x, y - RADIUS))
    circle(axes, (x, y), text)
    arrow(axes, (x, y + RADIUS), (x, y + 0.72))
    say(axes, (x, y + 0.88), "loss", size=8)


def _draw_step(
    axes: Axes,
    chain: _Chain,
    places: dict[int, float],
    before: int,
    after: int,
    row: int,
    direction: int,
) -> None:
    """Draw what one step hands to the next, and the gradient that comes back."""
    left = chain.places(places[before], row)[direction]
    right = chain.places(places[after], row)[direction]
    start, end = (left[0] + WIDTH / 2, left[1]), (right[0] - WIDTH / 2, right[1])
    gap = after - before > 1
    colour = chain.colour(row, direction)
    backwards = direction == 1
    if any(before < reset <= after for reset in chain.resets) and not backwards:
        middle = (start[0] + end[0]) / 2
        for shift in (-0.05, 0.05):
            axes.plot([middle + shift] * 2, [start[1] - 0.2, start[1] + 0.2], color="black", lw=1.2)
        say(axes, (middle, start[1] + 0.32), "reset", size=7)
        return
    up = 0.09
    ends = (end, start) if backwards else (start, end)
    arrow(
        axes, (ends[0][0], ends[0][1] + up), (ends[1][0], ends[1][1] + up), colour=colour,
        dashed=gap, width=1.6,
    )  # fmt: skip
    middle = (start[0] + end[0]) / 2
    weight, above = chain.weight(row, direction), start[1] + up + 0.15
    if any(before <= cut < after for cut in chain.cuts):
        # A cut is drawn where it is seen, through the middle.
        say(axes, (middle - 0.2, above), weight, colour=colour, size=7.5)
    else:
        say(axes, (middle, above), weight, colour=colour, size=7.5)
        arrow(
            axes, (ends[1][0], ends[1][1] - up), (ends[0][0], ends[0][1] - up), colour=_GRADIENT,
            dashed=True, width=1.0,
        )  # fmt: skip


def _draw_start(
    axes: Axes, chain: _Chain, places: dict[int, float], first: int, row: int, direction: int
) -> None:
    """Draw where the state begins: before the first step, or behind the last one."""
    if direction == 1:
        x, y = chain.places(places[max(places)], row)[1]
        start, end = (x + WIDTH / 2 + 0.38, y), (x + WIDTH / 2, y)
        say(axes, (start[0] + 0.12, y), "0", size=8)
    else:
        x, y = chain.places(places[first], row)[0]
        start, end = (x - WIDTH / 2 - 0.38, y), (x - WIDTH / 2, y)
        say(axes, (start[0] - 0.12, y), "0", size=8)
    arrow(axes, start, end, colour=chain.colour(row, direction), width=1.6)


def _draw_cut(axes: Axes, chain: _Chain, x: float) -> None:
    axes.plot([x, x], [-0.35, chain.top + 1.5], color="black", linestyle=(0, (4, 3)), linewidth=1.1)
    say(axes, (x, -0.5), "✂", size=12)


def _draw_pool(axes: Axes, chain: _Chain, places: dict[int, float], what: str) -> None:
    last = places[max(places)]
    y = chain.top + 0.85
    starts = [(x, chain.top) for x in places.values()]
    if chain.ends_apart:
        row = len(chain.layers) - 1
        ahead, back = chain.places(last, row)[0], chain.places(places[min(places)], row)[1]
        starts = [(ahead[0] - 0.3, ahead[1] + HEIGHT / 2), (back[0], back[1] + HEIGHT / 2)]
    for start in starts:
        arrow(axes, start, (last - (0.2 if start[0] < last - 1 else 0), y - 0.22))
    say(axes, (last, y), what, size=8)
    _draw_answer(axes, last, y + 0.15, "y")


def _draw_joint(
    axes: Axes,
    network: Network,
    encoder: _Chain,
    before: dict[int, float],
    decoder: _Chain,
    after: dict[int, float],
) -> None:
    """Draw what the encoder hands to the decoder."""
    end, begin = before[max(before)], after[min(after)]
    if network.hands_over:
        for row in range(len(encoder.layers)):
            (x, y), (to, there) = encoder.places(end, row)[0], decoder.places(begin, row)[0]
            arrow(axes, (x + WIDTH / 2, y + 0.09), (to - WIDTH / 2, there + 0.09), width=1.6)
            arrow(
                axes, (to - WIDTH / 2, there - 0.09), (x + WIDTH / 2, y - 0.09), colour=_GRADIENT,
                dashed=True, width=1.0,
            )  # fmt: skip
    what = "all the encoder's steps, by attention" if network.attention else "the encoder's last"
    _draw_context(axes, what, decoder, after)
    x, y = encoder.places(end, len(encoder.layers) - 1)[0]
    arrow(axes, (x + WIDTH / 2, y - 0.2), (begin - 0.55, -0.87), bend=-0.25, colour="0.5")


def _draw_vector(axes: Axes, decoder: _Chain, places: dict[int, float]) -> None:
    """Draw the one vector that a decoder begins with."""
    x = places[min(places)] - 1.25
    circle(axes, (x, -0.87), "x", filled=True)
    arrow(axes, (x + RADIUS, -0.87), (x + 0.7, -0.87), colour="0.5")
    _draw_context(axes, "the features of x", decoder, places)


def _draw_context(axes: Axes, what: str, decoder: _Chain, places: dict[int, float]) -> None:
    from matplotlib.patches import FancyBboxPatch

    first, last = min(places.values()), max(places.values())
    corner = (first - 0.55, -1.1)
    width = max(last - first + 1.1, 1.1)
    axes.add_patch(
        FancyBboxPatch(
            corner, width, 0.46, "round,pad=0,rounding_size=0.1", facecolor="0.93", edgecolor="0.5"
        )
    )
    say(axes, (first - 0.5, -1.33), f"context at every step: {what}", size=7.5, ha="left")
    for x in places.values():
        arrow(axes, (x + 0.38, -0.64), (x + 0.38, decoder.height(0) - HEIGHT / 2), colour="0.5")


def _said(network: Network) -> list[str]:
    said = [
        "Same colour, same weights.",
        "Solid arrows: what a step hands to the next. Dashed orange: the gradient on its way back.",
    ]
    if network.truncate and network.truncate < network.steps:
        every = "step" if network.truncate == 1 else f"{network.truncate} steps"
        said.append(f"Scissors: after every {every} the state goes on and the gradient does not.")
    if network.resets:
        said.append("Double bar: the state begins anew, and nothing passes.")
    most = _MOST_OF_TWO if network.answers == "decoder" and network.steps else _MOST_STEPS
    if max(network.steps, network.decoder_steps) > most:
        said.append("Dots stand for the steps between.")
    return said


def _fit(figure: Figure, width: float, height: float) -> None:
    """Make the figure as large as its picture, within what a page is wide."""
    inch = min(0.62, 15.0 / width)
    figure.set_size_inches(max(6.0, inch * width), inch * height + 0.5)
