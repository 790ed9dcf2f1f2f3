from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from rnnlab.cells.gru import GRU
from rnnlab.diagnostics.sections.gates import all_traces, gates_section, histories, rebinned
from rnnlab.probing.gate_trace import GateTrace
from rnnlab.probing.sequence_axis import SequenceAxis
from rnnlab.probing.time_constants import TimeConstants

LAYER = "backbone.recurrent.layers.0"


def record(low: float = 0.0, high: float = 1.0, **other: Any) -> dict[str, Any]:
    plain = {"low": low, "high": high, "counts": [1, 0, 0, 3], "mean": 0.7}
    return {**plain, "below": 0.25, "above": 0.75, **other}


def test_bins_stay_where_the_range_is_fixed() -> None:
    [found] = histories([(0, {LAYER: {"forget": record()}}), (2, {LAYER: {"forget": record()}})])
    assert found.name == "layer 1, forget"
    assert (found.low, found.high, found.epochs) == (0.0, 1.0, [0, 2])
    assert found.counts == [[1, 0, 0, 3], [1, 0, 0, 3]]


def test_bins_of_an_open_range_are_spread_over_common_ones() -> None:
    seen = [(0, {LAYER: {"x": record(0, 2)}}), (1, {LAYER: {"x": record(0, 4)}})]
    [found] = histories(seen)
    assert (found.low, found.high) == (0, 4)
    assert found.counts == [[1, 3, 0, 0], [1, 0, 0, 3]]


@pytest.mark.parametrize(("low", "high"), [(-1.0, 3.0), (0.0, 1.0), (-7.3, 1.0)])
def test_no_value_is_lost(low: float, high: float) -> None:
    assert sum(rebinned(record(), low, high)) == pytest.approx(4)


def test_findings_tell_of_saturation_and_time() -> None:
    section = gates_section(
        [(0, {LAYER: {"forget": record(below=0.9)}}), (1, {LAYER: {"forget": record()}})],
        {LAYER: TimeConstants(torch.tensor([2.0, 4.0, math.inf]), torch.zeros(3), "forget")},
    )
    assert section.findings == (
        "layer 1, forget: 75% of its values are in the highest tenth of its range",
        "layer 1: by its gate alone half of the units forget within 4 steps, the slowest never",
    )
    assert section.tables[0].rows == (("layer 1, forget", "0 to 1", "0.7", "25%", "75%"),)
    assert [each.name for each in section.pictures] == ["gate_histograms", "time_constants"]


def test_what_has_no_range_is_not_saturated() -> None:
    section = gates_section([(0, {LAYER: {"hidden": record(below=None, above=None, mean=None)}})])
    assert section.findings == ()
    assert section.tables[0].rows[0][2:] == ("–", "–", "–")


def test_a_sequence_in_detail_comes_with_its_tokens_and_a_picture_for_each_layer() -> None:
    axis = SequenceAxis("text", ("a", "b"), None, 2)
    trace = GateTrace({"forget": torch.ones(2, 3)}, {"h": torch.zeros(2, 3)}, False, axis)
    section = gates_section([], sequence={LAYER: trace, "decoder.recurrent.layers.0": trace})
    assert [(each.name, each.title) for each in section.pictures] == [
        ("gate_traces_1", "One sequence in layer 1: text"),
        ("gate_traces_2", "One sequence in decoder layer 1: text"),
    ]
    assert section.numbers["sequence"][LAYER]["gates"]["forget"] == [[1, 1, 1], [1, 1, 1]]


def test_traces_have_the_ranges_of_their_gates_and_complex_states_their_size() -> None:
    trace = GateTrace(
        {"update": torch.ones(2, 3), "candidate": torch.ones(2, 3)},
        {"s": torch.full((2, 3, 1), 3 + 4j)},
        False,
    )
    update, candidate, state = all_traces(trace, GRU(2, 3))
    assert (update.name, update.low, update.high) == ("update", 0, 1)
    assert (candidate.low, candidate.high) == (-1, 1)
    assert (state.name, state.low) == ("state |s|", None)
    assert state.values.tolist() == [[5, 5, 5], [5, 5, 5]]
    assert all_traces(trace)[0].low is None


def test_no_gates_are_no_pictures() -> None:
    section = gates_section([])
    assert (section.pictures, section.tables, section.findings) == ((), (), ())
