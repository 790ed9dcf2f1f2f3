from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from rnnlab.compare.comparison import compare_runs
from rnnlab.compare.plots.draw import pictures
from tests.compare.conftest import Make

NASTY = r"$\frac{a}{$ _x_ [b] 日本語 " + "long" * 40


def names(outputs: Path) -> list[str]:
    found = list(pictures(compare_runs([outputs])))
    assert all(picture.png.startswith(b"\x89PNG") for picture in found)
    return [picture.name for picture in found]


def test_one_key(run: Make, outputs: Path) -> None:
    for seed, cell in product((0, 1), ("gru", "lstm")):
        run(seed, 0.5 + seed / 10, cell=cell)
    assert names(outputs) == ["intervals", "curves"]


def test_two_keys_have_a_heatmap(run: Make, outputs: Path) -> None:
    for cell, rate in product(("gru", "lstm"), (0.1, 0.01)):
        run(0, rate, cell=cell, optimizer__lr=rate)
    assert names(outputs) == ["intervals", "curves", "heatmap"]


def test_three_keys_have_parallel_coordinates(run: Make, outputs: Path) -> None:
    for cell, rate, size in product(("gru", "lstm"), (0.1, 0.01), (8, 16)):
        run(0, rate, cell=cell, optimizer__lr=rate, cell__hidden_size=size)
    assert names(outputs) == ["intervals", "curves", "parallel"]


def test_without_logged_points_there_is_no_curve(run: Make, outputs: Path) -> None:
    run(0).metrics.unlink()
    assert names(outputs) == ["intervals"]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_names_are_drawn_as_they_are_and_no_warning_is_raised(
    run: Make, outputs: Path, count: int, figures: list[Any]
) -> None:
    keys = [f"cell__{name}" for name in ("a$_b^", "b", "c")[:count]]
    for values in product((NASTY, "short"), repeat=count):
        run(0, 0.5, **dict(zip(keys, values, strict=True)), baselines={NASTY: 0.1})
    assert names(outputs)[0] == "intervals"
    labels = [label.get_text() for label in figures[0].axes[0].get_yticklabels()]
    assert any(label.startswith(r"$\frac{a}") for label in labels)
    assert all(len(label) <= 60 for label in labels)


def test_the_same_runs_give_the_same_bytes(run: Make, outputs: Path) -> None:
    for seed, cell in product((0, 1), ("gru", "lstm")):
        run(seed, 0.5 + seed / 10, cell=cell)
    first, second = ([each.png for each in pictures(compare_runs([outputs]))] for _ in (0, 1))
    assert first == second
