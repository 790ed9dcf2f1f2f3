from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rnnlab.compare.comparison import Comparison, compare_runs
from rnnlab.compare.importance import Importance, KeyImportance
from rnnlab.compare.page import page
from rnnlab.compare.plots.draw import pictures
from rnnlab.compare.plots.importance import MOST, draw_importance
from tests.compare.conftest import Make


@pytest.fixture
def plain(run: Make, outputs: Path) -> Comparison:
    """Return a comparison without importance."""
    run(0)
    run(0, cell="lstm")
    return compare_runs([outputs])


def with_keys(plain: Comparison, *shares: float) -> Comparison:
    keys = tuple(KeyImportance(f"a$_{n}^<b>", share, 2) for n, share in enumerate(shares))
    return replace(plain, importance=Importance("test/loss", keys, 30, 0.9, 0.8))


def test_a_bar_for_each_key_the_longest_on_top(plain: Comparison, figures: list[Any]) -> None:
    found = with_keys(plain, 0.75, 0.25)
    assert [picture.name for picture in pictures(found)][-1] == "importance"
    axes = figures[-1].axes[0]
    assert [bar.get_width() for bar in axes.patches] == [0.75, 0.25]
    assert axes.yaxis_inverted()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a$_0^<b>", "a$_1^<b>"]


def test_one_key_or_none_is_no_picture(plain: Comparison) -> None:
    assert draw_importance(plain) is None
    assert draw_importance(with_keys(plain, 1.0)) is None


def test_of_many_keys_the_first_are_drawn(plain: Comparison) -> None:
    figure = draw_importance(with_keys(plain, *[0.01] * 100))
    assert figure is not None
    assert len(figure.axes[0].patches) == MOST
    assert "the first 20 of 100 keys" in figure.get_supxlabel()


def test_the_page_has_table_and_words(plain: Comparison) -> None:
    text = page(with_keys(plain, 0.75, 0.25), [])
    assert "<h2>Which keys matter for test/loss</h2>" in text
    assert "a$_0^&lt;b&gt;" in text
    assert '<td class="number">0.750</td>' in text
    assert "90% of what it explains" in text
    assert "Which keys" not in page(plain, [])
