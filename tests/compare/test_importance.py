"""Shares of variance, against functions whose shares are known in closed form."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from math import log10
from pathlib import Path
from typing import Any

import pytest

from rnnlab.compare.importance import Importance, importance_of
from rnnlab.compare.reading import Run
from rnnlab.compare.settings import Setting, Settings
from rnnlab.runs.folder import RunFolder


def setting(keys: Mapping[str, Any], *scores: float | None) -> Setting:
    runs = {
        seed: Run(
            RunFolder(Path("r")), keys, seed, "s", "d", "FINISHED", "",
            {"scores": {"test": {} if score is None else {"loss": score}}, "parameters": 1,
             "train_seconds": 1.0},
        )
        for seed, score in enumerate(scores)
    }  # fmt: skip
    return Setting(str(keys), keys, runs, ())


def found(
    rows: Sequence[Mapping[str, Any]], score: Callable[[Mapping[str, Any]], float | None]
) -> Importance:
    keys = tuple(dict.fromkeys(key for row in rows for key in row))
    settings = tuple(setting(row, score(row)) for row in rows)
    return importance_of(Settings(settings, keys, keys, 0), "test/loss")


def shares(importance: Importance) -> dict[str, float]:
    return {each.key: each.share for each in importance.keys}


def uniform(count: int, first: str = "x", second: str = "y") -> list[dict[str, Any]]:
    """Return points that fill the unit square evenly (Roberts' R2 sequence).

    Of points at random a forest of 300 finds an equal share with a standard deviation of 0.04.
    """
    root = 1.324717957244746  # of x³ = x + 1
    return [
        {first: (0.5 + place / root) % 1, second: (0.5 + place / root**2) % 1}
        for place in range(count)
    ]


@pytest.mark.parametrize(("a", "b"), [(3, 1), (1, 1), (1, 2), (1, 0)])
def test_a_linear_function_of_uniform_keys(a: int, b: int) -> None:
    # Var(a x) = a² / 12.
    importance = found(uniform(150), lambda row: a * row["x"] + b * row["y"])
    # Greedy trees favour the stronger of two keys by up to this much.
    assert shares(importance)["x"] == pytest.approx(a**2 / (a**2 + b**2), abs=0.05)
    assert sum(shares(importance).values()) == pytest.approx(1.0)
    assert importance.alone > 0.95  # there is no interaction
    assert importance.fit > 0.95
    assert importance.settings == 150
    assert importance.remarks == ()


def test_what_two_keys_decide_together_is_due_to_none_alone() -> None:
    # y = x + x z on (-1, 1)²: Var(x) = 1/3, Var(x z) = 1/9: three quarters are due to x alone.
    rows = [{name: 2 * value - 1 for name, value in row.items()} for row in uniform(200, "x", "z")]
    importance = found(rows, lambda row: row["x"] + row["x"] * row["z"])
    assert importance.alone == pytest.approx(0.75, abs=0.05)
    assert shares(importance)["x"] > 0.95


EFFECTS = {"elman": 0.0, "gru": 1.0, "lstm": 3.0}


def test_choices_have_equal_weight() -> None:
    # The variance of 0, 1, 3 is 14/9; that of 0 and 2 is 1.
    rows = [{"cell": cell, "layers": layers} for cell, layers in product(EFFECTS, (1, 2))] * 5
    importance = found(rows, lambda row: EFFECTS[row["cell"]] + 2.0 * row["layers"])
    assert shares(importance)["cell"] == pytest.approx(14 / 23, abs=0.01)
    assert [each.values for each in importance.keys] == [3, 2]


def test_a_grid_of_numbers_weighs_each_of_them_alike() -> None:
    # Of sizes 8, 16, 32, 64 each counts once, and not the gap to the next.
    rows = [{"size": size, "bias": bias} for size, bias in product((8, 16, 32, 64), (False, True))]
    importance = found(rows * 4, lambda row: row["size"] / 8 + 4.0 * row["bias"])
    # The variance of 1, 2, 4, 8 is 7.1875; that of 0 and 4 is 4.
    assert shares(importance)["size"] == pytest.approx(7.1875 / 11.1875, abs=0.01)


def test_numbers_over_decades_are_a_logarithmic_range() -> None:
    rows = [{"x": row["x"], "lr": 10 ** (4 * row["y"] - 5)} for row in uniform(150)]
    # Uniform in the logarithm four fifths are due to it; in lr itself far less.
    importance = found(rows, lambda row: log10(row["lr"]) / 2 + row["x"])
    assert shares(importance)["lr"] == pytest.approx(0.8, abs=0.06)


def test_the_same_runs_give_the_same_shares_whatever_was_drawn_before() -> None:
    rows = uniform(40)
    first = found(rows, lambda row: row["x"])
    random.random()
    assert found(rows, lambda row: row["x"]) == first


def test_a_setting_counts_once_by_the_mean_over_its_seeds() -> None:
    rows = uniform(30)
    several = tuple(setting(row, row["x"] - 0.25, row["x"] + 0.25) for row in rows)
    once = found(rows, lambda row: row["x"])
    importance = importance_of(Settings(several, ("x", "y"), ("x", "y"), 0), "test/loss")
    assert importance.settings == 30
    assert shares(importance) == pytest.approx(shares(once), abs=0.01)


def test_few_settings_and_one_key_are_told() -> None:
    importance = found([{"x": row["x"]} for row in uniform(6)], lambda row: row["x"])
    assert shares(importance) == {"x": 1.0}
    assert importance.remarks[:2] == (
        "6 settings are few: with 10 or more these shares mean something",
        "one key was varied, so that all of it is due to that",
    )


def test_chance_is_told() -> None:
    chance = random.Random(0)
    importance = found(uniform(50), lambda row: chance.random())
    assert len(importance.keys) == 2
    (said,) = importance.remarks
    assert said.startswith("the keys predict little of settings that were not seen (R² -0.")


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([{"x": 1}, {"x": 2}, {"x": 3}], "3 settings with a score are too few to say which key"),
        ([{"x": 1}] * 5, "no key was varied by itself: there is nothing that could matter"),
    ],
)
def test_where_nothing_can_be_said_it_says_why(rows: list[Mapping[str, Any]], why: str) -> None:
    importance = found(rows, lambda row: row["x"])
    assert importance.keys == ()
    assert importance.remarks[0].startswith(why)


def test_equal_scores_have_nothing_to_split() -> None:
    importance = found(uniform(12), lambda row: 0.5)
    assert importance.keys == ()
    assert importance.remarks == ("all 12 settings have the same score: no key matters",)


def test_a_key_that_not_every_setting_has_is_left_out_and_told() -> None:
    rows: list[Mapping[str, Any]] = [
        {**row, **({"forget_bias": place % 3} if place % 2 else {})}
        for place, row in enumerate(uniform(20))
    ]
    importance = found(rows, lambda row: row["x"])
    assert set(shares(importance)) == {"x", "y"}
    assert importance.remarks == ("not every setting has it, so that it is left out: forget_bias",)


def test_settings_without_a_score_do_not_count() -> None:
    rows = uniform(20)
    importance = found(rows, lambda row: row["x"] if row["y"] < 0.6 else None)
    assert importance.settings == sum(row["y"] < 0.6 for row in rows)


@pytest.mark.parametrize("value", [None, True, [1, 2], "text", 10**400, float("nan"), -(2**70)])
def test_values_of_any_kind_are_levels(value: object) -> None:
    rows: list[Mapping[str, Any]] = [
        {"a": value if place % 2 else 0.5, "x": place} for place in range(20)
    ]
    importance = found(rows, lambda row: 1.0 * (row["a"] == 0.5))
    assert shares(importance)["a"] > 0.95


def test_optuna_is_imported_only_where_importance_is_computed() -> None:
    script = (
        "import sys, rnnlab.compare.page, rnnlab.compare.command, rnnlab.compare.plots.draw;"
        "sys.exit('optuna' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
