from __future__ import annotations

from rnnlab.compare.intervals import Estimate, estimate
from rnnlab.compare.plots.style import drawing, png
from rnnlab.diagnostics.plots.horizons import Growth, draw_horizons


def growth(name: str, horizons: dict[float, list[float]], place: int = 0) -> Growth:
    lengths = sorted(horizons)
    return Growth(
        name,
        lengths,
        [estimate(horizons[length]) for length in lengths],
        [estimate([1 / length, 1.1 / length]) for length in lengths],
        place,
        place,
    )


def test_lines_are_the_means_at_each_length() -> None:
    several = [
        growth("rnn", {10: [9, 10], 100: [20, 24]}),
        growth("lstm", {10: [10, 10], 50: [40, 50], 100: [60, 61]}, 1),
    ]
    with drawing():
        figure = draw_horizons(
            several, key="dataset.steps", score="accuracy", baseline=("majority", 0.125)
        )
        assert figure is not None
        left, right = figure.axes
        lines = {line.get_label(): line for line in left.get_lines()}
        assert list(lines["rnn"].get_xdata()) == [10, 100]
        assert list(lines["rnn"].get_ydata()) == [9.5, 22]
        assert list(lines["lstm"].get_ydata()) == [10, 45, 60.5]
        assert left.get_xscale() == left.get_yscale() == right.get_xscale() == "log"
        assert [text.get_text() for text in left.get_xticklabels()] == ["10", "50", "100"]
        assert "majority (baseline)" in [text.get_text() for text in right.texts]
        assert png(figure).startswith(b"\x89PNG")


def test_a_length_without_a_value_is_left_out() -> None:
    line = Growth("rnn", [10, 50, 100], [estimate([9]), Estimate(0), estimate([5])],
                  [Estimate(0)] * 3, 0, 0)  # fmt: skip
    with drawing():
        figure = draw_horizons([line], key="dataset.steps", score="accuracy")
        assert figure is not None
        left, right = figure.axes
        drawn = [next(each for each in axes.get_lines() if each.get_label() == "rnn")
                 for axes in (left, right)]  # fmt: skip
        assert [list(each.get_xdata()) for each in drawn] == [[10, 100], []]


def test_one_length_is_no_growth() -> None:
    assert draw_horizons([growth("rnn", {10: [3]})], key="dataset.steps", score="accuracy") is None
