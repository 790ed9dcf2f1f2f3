from __future__ import annotations

import pytest

from rnnlab.compare.plots.style import drawing, logarithmic, new_figure, plain, png


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1"), (0.001, "0.001"), (1e-6, "1e-6"), (1e-12, "1e-12"), (1e7, "1e7"), (20.0, "20")],
)
def test_powers_of_ten_are_short(value: float, text: str) -> None:
    assert plain(value) == text


@pytest.mark.parametrize(("ends", "some"), [((1e-6, 1.0), {"1e-6", "0.01"}), ((1, 5), {"2", "3"})])
def test_a_logarithmic_axis_has_labels_that_are_no_formulas(
    ends: tuple[float, float], some: set[str]
) -> None:
    with drawing():
        figure = new_figure(4, 3)
        axes = figure.subplots()
        axes.plot([0, 1], ends)
        logarithmic(axes, "y")
        png(figure)
        labels = {label.get_text() for label in axes.get_yticklabels(which="both")}
    assert some <= labels
    assert not any("$" in label for label in labels)
