from __future__ import annotations

from typing import Any

import pytest

from rnnlab.diagnostics.plots.horizons import Growth, draw_horizons


def growth(name: str, horizons: dict[float, list[float]], place: int = 0) -> Growth:
    lengths = sorted(horizons)
    after = [horizons[length] for length in lengths]
    return Growth(
        name,
        lengths,
        [[value / 2 for value in each] for each in after],
        after,
        [[1 / length, 1.1 / length] for length in lengths],
        place,
        place,
    )


def line(axes: Any, name: str) -> Any:
    (found,) = [each for each in axes.get_lines() if each.get_label() == name]
    return found


def test_lines_are_the_means_at_each_length(drawn: Any) -> None:
    several = [
        growth("rnn", {10: [9, 10], 100: [20, 24]}),
        growth("lstm", {10: [10, 10], 50: [40, 50], 100: [60, 61]}, 1),
    ]
    figure = drawn(
        draw_horizons, several, key="dataset.steps", score="accuracy", baseline=("majority", 0.125)
    )
    before, after, scores = figure.axes
    # Beside one another by less than a tenth, so that each is seen.
    assert list(line(after, "rnn").get_xdata()) == pytest.approx([10, 100], rel=0.1)
    assert list(line(after, "lstm").get_xdata()) == pytest.approx([10, 50, 100], rel=0.1)
    assert list(line(after, "rnn").get_ydata()) == [9.5, 22]
    assert list(line(after, "lstm").get_ydata()) == [10, 45, 60.5]
    assert list(line(before, "rnn").get_ydata()) == [4.75, 11]
    assert list(line(scores, "rnn").get_ydata()) == pytest.approx([0.105, 0.0105])
    assert after.get_xscale() == after.get_yscale() == scores.get_xscale() == "log"
    assert before.get_ylim() == after.get_ylim()
    assert [text.get_text() for text in after.get_xticklabels()] == ["10", "50", "100"]
    assert "majority (baseline)" in [text.get_text() for text in scores.texts]


def test_an_interval_far_wider_than_what_was_measured_does_not_stretch_the_axis(
    drawn: Any,
) -> None:
    several = [Growth("rnn", [10, 50], [[5.0]] * 2, [[5.0]] * 2, [[1.0, 1.0], [0.1, 1.0]], 0, 0)]
    figure = drawn(draw_horizons, several, key="dataset.steps", score="accuracy")
    low, high = figure.axes[2].get_ylim()
    assert 0 <= low < 0.1
    assert 1 < high < 1.2


def test_a_length_without_a_value_is_left_out(drawn: Any) -> None:
    given = [Growth("rnn", [10, 50, 100], [[]] * 3, [[9.0], [], [5.0]], [[]] * 3, 0, 0)]
    figure = drawn(draw_horizons, given, key="dataset.steps", score="accuracy")
    points = [list(line(axes, "rnn").get_xdata()) for axes in figure.axes]
    assert points == [[], [10, 100], []]


def test_one_length_is_no_growth(drawn: Any) -> None:
    given = [growth("rnn", {10: [3]})]
    assert drawn(draw_horizons, given, key="dataset.steps", score="accuracy") is None


def test_names_are_drawn_as_they_are(drawn: Any) -> None:
    name = r"$\frac{a}{$ <script>"
    figure = drawn(
        draw_horizons, [growth(name, {10: [3, 4], 20: [5, 6]})], key=name, score=name,
        baseline=(name, 0.5),
    )  # fmt: skip
    assert line(figure.axes[0], name) is not None
