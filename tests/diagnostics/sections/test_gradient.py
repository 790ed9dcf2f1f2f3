from __future__ import annotations

import json
import math
from collections.abc import Sequence

from rnnlab.diagnostics.plain_numbers import as_json
from rnnlab.diagnostics.sections.gradient import Flows, gradient_section, histories
from rnnlab.probing.flow import flow_of
from rnnlab.probing.look import Look

LAYER = "backbone.recurrent.layers.0"


def flows(**curves: Sequence[float]) -> Flows:
    return {LAYER: {state: flow_of(curve) for state, curve in curves.items()}}


def falling(rate: float, steps: int = 20) -> list[float]:
    return [math.exp(rate * lag) for lag in range(steps)]


def test_a_sentence_for_each_state() -> None:
    moment = flows(
        a=falling(-0.5), b=falling(-0.01), c=falling(0.5), d=[0.0, 0.0], e=[1.0, math.nan], f=[1.0]
    )
    found = gradient_section({"last": moment}).findings
    left = "a thousandth is left 14 of 19 steps back"
    more = "explodes on its way back: more than a thousandfold"
    assert found == (
        f"layer 1, a: the gradient vanishes: {left}, times 0.607 a step",
        "layer 1, b: the gradient is carried over all 20 steps, times 0.99 a step",
        f"layer 1, c: the gradient {more}, times 1.65 a step",
        "layer 1, d: there is no gradient: the loss does not depend on it",
        "layer 1, e: the gradient explodes: it is not finite everywhere",
        "layer 1, f: the gradient is carried over the one step there is",
    )


def test_findings_are_of_the_last_moment_and_the_table_of_all() -> None:
    section = gradient_section(
        {"untrained": flows(h=falling(-0.5)), "best": flows(h=falling(-0.01))}
    )
    assert len(section.findings) == 1
    assert "carried over all 20 steps" in section.findings[0]
    [table] = section.tables
    assert table.rows == (
        ("layer 1", "h", "untrained", "vanishing", "0.607", "-0.5", "14"),
        ("layer 1", "h", "best", "healthy", "0.99", "-0.01", "≥ 20"),
    )


def test_pictures_are_those_that_there_are_numbers_for() -> None:
    moment = flows(h=falling(-0.5))
    looks = [Look(epoch, 10 * epoch, 0.1, "last", moment) for epoch in (0, 1)]
    names = [each.name for each in gradient_section({"best": moment}).pictures]
    assert names == ["gradient_curves"]
    both = gradient_section({"untrained": moment, "best": moment}, looks)
    assert [each.name for each in both.pictures] == [
        "gradient_heatmap", "gradient_curves", "gradient_moments",
    ]  # fmt: skip
    assert [each.name for each in gradient_section({}, looks).pictures] == ["gradient_heatmap"]


def test_an_lstm_is_told_what_its_c_leaves_out_and_others_are_not() -> None:
    lstm = gradient_section({"last": flows(h=[1.0], c=[0.0])}).words
    gru = gradient_section({"last": flows(h=[1.0])}).words
    assert any("leaves out the path through h of the same step" in each for each in lstm)
    assert not any("leaves out" in each for each in gru)


def test_whose_loss_it_is_is_told() -> None:
    last, whole = (
        gradient_section({"last": flows(h=[1.0])}, (), whose).words for whose in ("last", "whole")
    )
    assert "last step alone" in last[1]
    assert "all steps" in whole[1]


def test_histories_go_through_epochs_state_by_state() -> None:
    looks = [
        Look(0, 0, 0.1, "last", flows(h=[1.0, 1e-4])),
        Look(5, 50, 0.1, "last", flows(h=[1.0, 0.5], c=[0.0, 1.0])),
    ]
    h, c = histories(looks)
    assert (h.name, h.epochs, h.curves, h.horizons) == (
        "layer 1, h", [0, 5], [(1.0, 1e-4), (1.0, 0.5)], [1, None],
    )  # fmt: skip
    assert (c.epochs, c.curves) == ([5], [(0.0, 1.0)])


def test_numbers_are_json() -> None:
    section = gradient_section({"last": flows(h=[1.0, math.nan])})
    plain = json.loads(as_json(section.numbers))
    assert plain["moments"]["last"][LAYER]["h"]["curve"] == [1.0, None]
