from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from rnnlab.diagnostics.plots.gate_traces import UnitTrace
from rnnlab.diagnostics.plots.time_constants import UnitTimes
from rnnlab.diagnostics.sections.gates import gates_section, histories, rebinned

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
        [UnitTimes("layer 1", [2.0, 4.0, math.inf])],
    )
    assert section.findings == (
        "layer 1, forget: 75% of its values are in the highest tenth of its range",
        "layer 1: by its forget gate half its units forget within 4 steps, the slowest never",
    )
    assert section.tables[0].rows == (("layer 1, forget", "0 to 1", "0.7", "25%", "75%"),)
    assert [each.name for each in section.pictures] == ["gate_histograms", "time_constants"]


def test_what_has_no_range_is_not_saturated() -> None:
    section = gates_section([(0, {LAYER: {"hidden": record(below=None, above=None, mean=None)}})])
    assert section.findings == ()
    assert section.tables[0].rows[0][2:] == ("–", "–", "–")


def test_a_sequence_in_detail_comes_with_its_tokens() -> None:
    section = gates_section([], traces=[UnitTrace("h", np.zeros((2, 3)))], tokens=["a", "b"])
    assert [each.name for each in section.pictures] == ["gate_traces"]
    assert section.numbers["tokens"] == ["a", "b"]
    assert section.numbers["traces"][0]["values"] == [[0, 0, 0], [0, 0, 0]]


def test_no_gates_are_no_pictures() -> None:
    section = gates_section([])
    assert (section.pictures, section.tables, section.findings) == ((), (), ())
