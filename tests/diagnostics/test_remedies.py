from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from rnnlab.diagnostics.flows import HORIZON_AFTER, read_flows
from rnnlab.diagnostics.remedies import Remedy, remedies
from tests.diagnostics.flow_runs import make_sweep

Values = Sequence[tuple[float, float]]
POOR = [(10, 0.12), (11, 0.14), (12, 0.13), (11, 0.11), (10, 0.12)]
GOOD = [(31, 0.99), (33, 0.97), (31, 1.0), (30, 0.98), (32, 0.96)]


def found(place: Path, *settings: tuple[dict[str, Any], Values]) -> list[Remedy]:
    make_sweep(place, {str(number): each for number, each in enumerate(settings)})
    return remedies(read_flows([place]))


def test_a_remedy_is_told_apart_by_what_it_changed_over_seeds(tmp_path: Path) -> None:
    (remedy,) = found(
        tmp_path,
        ({"trainer__gradient_clip_val": 1}, GOOD),
        ({"trainer__gradient_clip_val": None}, POOR),
    )

    assert remedy.name == "trainer.gradient_clip_val: null → 1"
    (effect,) = remedy.effects
    assert effect.place == ""
    for column, name in enumerate((HORIZON_AFTER.name, "test/accuracy")):
        pair = effect.differences[name]
        assert pair is not None
        before, after = (np.array(values)[:, column] for values in (POOR, GOOD))
        test = stats.ttest_rel(after, before)
        interval = test.confidence_interval()
        assert pair.difference == pytest.approx((after - before).mean())
        assert (pair.low, pair.high) == pytest.approx((interval.low, interval.high))
        assert pair.p == pytest.approx(test.pvalue)
        assert remedy.moved(name) == ([effect], [], [])


def test_what_makes_it_worse_is_told_as_that(tmp_path: Path) -> None:
    (remedy,) = found(
        tmp_path,
        ({"trainer__truncate_steps": None}, GOOD),
        ({"trainer__truncate_steps": 10}, POOR),
    )

    assert remedy.name == "trainer.truncate_steps: null → 10"
    assert remedy.moved("test/accuracy") == ([], list(remedy.effects), [])


def test_a_difference_within_the_spread_of_seeds_moved_nothing(tmp_path: Path) -> None:
    (remedy,) = found(
        tmp_path,
        ({"trainer__gradient_clip_val": None}, POOR),
        ({"trainer__gradient_clip_val": 1}, [*POOR[2:], *POOR[:2]]),
    )

    for measure in (HORIZON_AFTER.name, "test/accuracy"):
        assert remedy.moved(measure) == ([], [], list(remedy.effects))


def test_settings_that_differ_in_two_keys_show_no_remedy(tmp_path: Path) -> None:
    none = {"trainer__gradient_clip_val": None, "trainer__truncate_steps": None}
    both = {"trainer__gradient_clip_val": 1, "trainer__truncate_steps": 10}

    assert found(tmp_path, (none, POOR), (both, GOOD)) == []


def test_the_length_of_the_sequences_is_the_problem_and_no_remedy(tmp_path: Path) -> None:
    settings = [
        ({"trainer__gradient_clip_val": clip, "steps": steps}, GOOD if clip else POOR)
        for clip in (None, 1)
        for steps in (50, 100)
    ]

    (remedy,) = found(tmp_path, *settings)

    assert remedy.key == "trainer.gradient_clip_val"
    places = [effect.place for effect in remedy.effects]
    assert sorted(places) == ["dataset.steps=100", "dataset.steps=50"]


def test_each_value_is_compared_with_the_plainest(tmp_path: Path) -> None:
    several = found(tmp_path, *(({"cell__forget_bias": bias}, GOOD) for bias in (5, 1, 0)))

    names = sorted(remedy.name for remedy in several)
    assert names == ["cell.forget_bias: 0 → 1", "cell.forget_bias: 0 → 5"]


def test_another_cell_is_a_remedy_and_brings_its_own_keys(tmp_path: Path) -> None:
    several = found(
        tmp_path,
        ({"cell": "rnn"}, POOR),
        ({"cell": "lstm", "cell__forget_bias": 0}, GOOD),
        ({"cell": "lstm", "cell__forget_bias": 1}, GOOD),
        ({"cell": "gru"}, GOOD),
    )

    told = {(remedy.name, effect.place) for remedy in several for effect in remedy.effects}
    assert told == {
        ("cell: rnn → lstm", "cell.forget_bias=0"),
        ("cell: rnn → lstm", "cell.forget_bias=1"),
        ("cell: rnn → gru", ""),
        ("cell.forget_bias: 0 → 1", "cell=lstm"),
    }


def test_a_value_that_comes_with_the_choice_is_told_where_the_plain_one_varies(
    tmp_path: Path,
) -> None:
    several = found(
        tmp_path,
        ({"cell": "rnn", "cell__recurrent_init": "uniform", "cell__hidden_size": 32}, POOR),
        ({"cell": "rnn", "cell__recurrent_init": "orthogonal", "cell__hidden_size": 32}, POOR),
        ({"cell": "irnn", "cell__recurrent_init": "identity", "cell__hidden_size": 32}, GOOD),
    )

    told = {(remedy.name, effect.place) for remedy in several for effect in remedy.effects}
    assert told == {
        ("cell: rnn → irnn", "cell.recurrent_init=uniform → identity"),
        ("cell: rnn → irnn", "cell.recurrent_init=orthogonal → identity"),
        ("cell.recurrent_init: uniform → orthogonal", "cell=rnn"),
    }


def test_cells_are_compared_at_the_same_width_where_there_is_one(tmp_path: Path) -> None:
    several = found(
        tmp_path,
        ({"cell": "rnn", "cell__hidden_size": 32}, POOR),
        ({"cell": "rnn", "cell__hidden_size": 64}, POOR),
        ({"cell": "gru", "cell__hidden_size": 64}, GOOD),
    )

    told = {(remedy.name, effect.place) for remedy in several for effect in remedy.effects}
    assert told == {
        ("cell: rnn → gru", "cell.hidden_size=64"),
        ("cell.hidden_size: 32 → 64", "cell=rnn"),
    }


def test_p_values_are_corrected_over_the_places_of_a_remedy(tmp_path: Path) -> None:
    better = [(horizon + 20, score + 0.1 + 0.01 * horizon) for horizon, score in POOR]
    settings = [
        ({"trainer__gradient_clip_val": clip, "steps": steps}, values)
        for steps, values in ((50, better), (100, GOOD))
        for clip, values in ((None, POOR), (1, values))
    ]

    # Another remedy takes nothing from what is known of this one.
    several = found(tmp_path, *settings, ({"trainer__truncate_steps": 10, "steps": 50}, POOR))

    clipping = next(each for each in several if each.key == "trainer.gradient_clip_val")
    pairs = [effect.differences["test/accuracy"] for effect in clipping.effects]
    known = [(pair.p, pair.adjusted) for pair in pairs if pair is not None and pair.p is not None]
    assert len(known) == 2
    smallest, largest = sorted(known)
    assert smallest[1] == pytest.approx(2 * smallest[0])
    assert largest[1] == pytest.approx(max(largest[0], 2 * smallest[0]))
