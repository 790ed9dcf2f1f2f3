from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from rnnlab.diagnostics.plots.unrolled import Network, draw_unrolled, shown
from tests.diagnostics.plots.conftest import NASTY, Draw


def texts(figure: Any) -> Counter[str]:
    return Counter(text.get_text() for text in figure.axes[0].texts)


def arrows(figure: Any, colour: str) -> int:
    """Return how many straight arrows have a colour."""
    from matplotlib.colors import to_hex
    from matplotlib.patches import FancyArrowPatch

    patches = [each for each in figure.axes[0].patches if isinstance(each, FancyArrowPatch)]
    return sum(to_hex(each.get_edgecolor()) == colour.lower() for each in patches)


def boxes(figure: Any) -> Counter[str]:
    """Return how many boxes are drawn in each colour."""
    from matplotlib.colors import to_hex
    from matplotlib.patches import FancyBboxPatch

    patches = [each for each in figure.axes[0].patches if isinstance(each, FancyBboxPatch)]
    return Counter(to_hex(each.get_edgecolor()) for each in patches if not each.get_fill())


GRADIENT = "#D55E00"


def test_copies_in_time_have_the_loops_colour(drawn: Draw) -> None:
    figure = drawn(draw_unrolled, Network("lstm", 2, 4, "last", ("h", "c")))
    assert boxes(figure) == {"#0072b2": 1 + 4, "#009e73": 1 + 4}
    said = texts(figure)
    assert said["lstm"] == 2 * 5
    assert said["W₁"] == said["W₂"] == 1 + 3
    assert said["h, c"] == 2
    assert [said[f"x{index}"] for index in "₁₂₃₄ₜ"] == [1] * 5
    assert said["0"] == 2


@pytest.mark.parametrize(
    ("answers", "losses", "said"),
    [
        ("last", 1, "y"),
        ("every", 4, "y₃"),
        ("mean", 1, "mean of all steps"),
        ("max", 1, "max of all steps"),
    ],
)
def test_the_loss_is_where_the_mapping_answers(
    drawn: Draw, answers: Any, losses: int, said: str
) -> None:
    found = texts(drawn(draw_unrolled, Network("gru", 1, 4, answers)))
    assert found["loss"] == 1 + losses  # and the loop's
    assert said in found


def test_the_gradient_comes_back_over_each_step(drawn: Draw) -> None:
    figure = drawn(draw_unrolled, Network("gru", 2, 4, "every"))
    assert arrows(figure, GRADIENT) == 2 * 3
    assert "✂" not in texts(figure)


def test_truncation_stops_the_gradient_and_not_the_state(drawn: Draw) -> None:
    figure = drawn(draw_unrolled, Network("gru", 1, 6, "every", truncate=2))
    assert texts(figure)["✂"] == 2  # after steps 2 and 4
    assert arrows(figure, GRADIENT) == 3  # 2 to 1, 4 to 3, 6 to 5
    # The loop's, the initial state's and five between steps.
    assert arrows(figure, "#0072B2") == 7
    assert "after every 2 steps the state goes on" in figure.get_supxlabel().replace("\n", " ")


def test_a_truncation_longer_than_the_sequence_cuts_nothing(drawn: Draw) -> None:
    figure = drawn(draw_unrolled, Network("gru", 1, 3, "every", truncate=9))
    assert "✂" not in texts(figure)
    assert "Scissors" not in figure.get_supxlabel()


def test_of_a_long_sequence_the_ends_and_the_first_cut_are_drawn(drawn: Draw) -> None:
    figure = drawn(draw_unrolled, Network("gru", 1, 500, "every", truncate=20))
    said = texts(figure)
    assert {"x₁", "x₂₀", "x₂₁", "x₄₉₉", "x₅₀₀"} <= set(said)
    assert said["⋯"] == 2
    assert said["✂"] == 1
    # Back from 20 to 1 and from 500 to 499; between 21 and 499 are cuts.
    assert arrows(figure, GRADIENT) == 2


def test_nothing_passes_a_reset(drawn: Draw) -> None:
    figure = drawn(draw_unrolled, Network("gru", 1, 4, "every", resets=(3,)))
    assert texts(figure)["reset"] == 1
    assert arrows(figure, GRADIENT) == 2
    assert arrows(figure, "#0072B2") == 2 + 2


def test_both_directions_have_their_own_weights(drawn: Draw) -> None:
    figure = drawn(draw_unrolled, Network("gru", 1, 3, "every", bidirectional=True))
    said = texts(figure)
    assert said["W₁→"] == said["W₁←"] == 1 + 2
    assert said["0"] == 2
    assert boxes(figure) == {"#0072b2": 4, "#009e73": 4}
    last = texts(drawn(draw_unrolled, Network("gru", 1, 3, "last", bidirectional=True)))
    assert last["where each direction ends"] == 1


def test_encoder_and_decoder(drawn: Draw) -> None:
    network = Network("gru", 1, 3, "decoder", decoder_steps=2, hands_over=True)
    figure = drawn(draw_unrolled, network)
    said = texts(figure)
    assert {
        "encoder",
        "decoder",
        "start",
        "y₁",
        "context at every step: the encoder's last",
    } <= set(said)
    assert boxes(figure) == {"#0072b2": 1 + 3, "#009e73": 1 + 2}
    assert said["loss"] == 1 + 2
    assert arrows(figure, GRADIENT) == 2 + 1 + 1  # within, between, within
    attentive = Network("gru", 1, 3, "decoder", decoder_steps=2, attention=True)
    said = texts(drawn(draw_unrolled, attentive))
    assert "context at every step: all the encoder's steps, by attention" in said
    assert said["0"] == 2  # nothing is handed over


def test_a_decoder_that_begins_with_one_vector(drawn: Draw) -> None:
    said = texts(drawn(draw_unrolled, Network("gru", 1, 0, "decoder", decoder_steps=3)))
    assert said["x"] == 1
    assert "context at every step: the features of x" in said


@pytest.mark.parametrize(
    ("layers", "steps", "bidirectional"), [(1, 1, True), (9, 1, False), (9, 9, True), (1, 2, True)]
)
def test_any_size_can_be_drawn(drawn: Draw, layers: int, steps: int, bidirectional: bool) -> None:
    network = Network(NASTY, layers, steps, "last", (NASTY,), bidirectional)
    figure = drawn(draw_unrolled, network)
    width, height = figure.get_size_inches()
    assert width <= 16
    assert height <= 16


def test_what_is_shown_of_many() -> None:
    assert shown(5, [], 7, 3, 2) == [1, 2, 3, 4, 5]
    assert shown(50, [], 7, 3, 2) == [1, 2, 3, 49, 50]
    assert shown(50, [20, 21, 51, 0], 7, 1, 2) == [1, 20, 21, 49, 50]
