from __future__ import annotations

import json
import math
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rnnlab.cells import GRU, LSTM, RNN, Cell
from rnnlab.probing.gate_statistics import gate_statistics, gate_summary
from rnnlab.probing.gates import gate_values
from rnnlab.ranges import Range
from rnnlab.recurrence import Recurrent, Stack
from rnnlab.recurrence.trace import Trace, traced


class Shows(Cell[Tensor]):
    """Names its input as its gate."""

    def __init__(self, size: int = 1, bounds: Range | None = None) -> None:
        super().__init__()
        self.input_size = self.output_size = size
        if bounds is not None:
            self.gate_ranges = {"gate": bounds}  # type: ignore[misc]

    def init_state(self, batch_size: int) -> Tensor:
        return torch.zeros(batch_size, self.output_size, dtype=torch.float64)

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return state + z

    def gates(self, z: Tensor, state: Tensor) -> dict[str, Tensor]:
        return {"gate": z}


class Silent(Shows):
    def gates(self, z: Tensor, state: Tensor) -> dict[str, Tensor]:
        return {}


def trace_of(
    cell: Cell, x: Tensor, lengths: list[int] | None = None, *, reverse: bool = False
) -> Trace:
    layer = Recurrent(cell, reverse=reverse)
    with torch.no_grad(), traced(layer) as traces:
        layer(x, lengths=None if lengths is None else torch.tensor(lengths))
    return traces["recurrent"]


def shown(values: Any, bounds: Range | None = None, lengths: list[int] | None = None) -> Any:
    x = torch.tensor(values, dtype=torch.float64)
    return gate_statistics(trace_of(Shows(x.shape[2], bounds), x, lengths))["gate"]


def test_by_hand() -> None:
    # Two rows of two units; the last step of the second row is padding.
    values = [[[0.05, 0.5], [0.95, 0.91]], [[0.0, 1.0], [0.3, 0.3]]]
    found = shown(values, lengths=[2, 1])
    assert (found.low, found.high) == (0.0, 1.0)
    counts = [0] * 20
    for value in (0.05, 0.5, 0.95, 0.91, 0.0):
        counts[int(value * 20)] += 1
    counts[19] += 1  # 1 is in the last bin
    assert list(found.counts) == counts
    assert found.mean == pytest.approx((0.05 + 0.5 + 0.95 + 0.91 + 0.0 + 1.0) / 6)
    assert found.below == pytest.approx(2 / 6)
    assert found.above == pytest.approx(3 / 6)
    assert found.units.mean.tolist() == pytest.approx([1 / 3, 2.41 / 3])
    assert found.units.below.tolist() == pytest.approx([2 / 3, 0])
    assert found.units.above.tolist() == pytest.approx([1 / 3, 2 / 3])
    assert found.steps.mean.tolist() == pytest.approx([1.55 / 4, 1.86 / 2])
    assert found.steps.below.tolist() == pytest.approx([2 / 4, 0])
    assert found.steps.above.tolist() == pytest.approx([1 / 4, 1])


def test_the_tenths_are_those_of_the_range() -> None:
    found = shown([[[-0.81], [-0.79], [0.79], [0.81]]], Range(min=-1, max=1))
    assert (found.low, found.high) == (-1.0, 1.0)
    assert (found.below, found.above) == (0.25, 0.25)
    assert [i for i, count in enumerate(found.counts) if count] == [1, 2, 17, 18]
    at_the_ends = shown([[[0.1], [0.9]]])
    assert (at_the_ends.below, at_the_ends.above) == (0, 0)


@settings(deadline=None, max_examples=40)
@given(
    data=st.data(),
    B=st.integers(1, 4),
    T=st.integers(1, 6),
    kind=st.sampled_from([LSTM, GRU, RNN]),
    reverse=st.booleans(),
)
def test_counts_and_means_are_those_of_numpy(
    data: st.DataObject, B: int, T: int, kind: Any, reverse: bool
) -> None:
    lengths = data.draw(st.lists(st.integers(0, T), min_size=B, max_size=B))
    cell = kind(3, hidden_size=2).double()
    trace = trace_of(cell, torch.randn(B, T, 3).double() * 3, lengths, reverse=reverse)
    found = gate_statistics(trace)
    for name, value in gate_values(trace).items():
        statistics = found[name]
        rows = [value[b, :length].numpy() for b, length in enumerate(lengths)]
        read = np.concatenate(rows)
        assert sum(statistics.counts) == read.size
        if read.size == 0:
            assert (statistics.mean, statistics.below, statistics.above) == (None, None, None)
            continue
        expected, _ = np.histogram(read, bins=20, range=(statistics.low, statistics.high))
        assert list(statistics.counts) == expected.tolist()
        assert statistics.mean == pytest.approx(read.mean())
        np.testing.assert_allclose(statistics.units.mean, read.mean(0))
        in_order = [row[::-1] if reverse else row for row in rows]
        for t in range(T):
            at_step = [row[t] for row in in_order if len(row) > t]
            mean = float(statistics.steps.mean[t])
            assert mean == pytest.approx(np.mean(at_step)) if at_step else math.isnan(mean)


def test_an_open_range_ends_at_what_was_seen_and_nothing_is_saturated() -> None:
    found = shown([[[0.0], [1.0], [4.0]]], Range(min=0))
    assert (found.low, found.high) == (0.0, 4.0)
    assert (found.below, found.above) == (None, None)
    assert found.units.below.isnan().all()
    assert [i for i, count in enumerate(found.counts) if count] == [0, 5, 19]
    open_below = shown([[[-3.0], [1.0]]], Range(max=2))
    assert (open_below.low, open_below.high) == (-3.0, 2.0)
    open_both = shown([[[-3.0], [1.0]]], Range())
    assert (open_both.low, open_both.high) == (-3.0, 1.0)


@pytest.mark.parametrize(
    ("bounds", "ends"), [(Range(min=0), (0, 1)), (Range(max=0), (-1, 0)), (Range(), (0, 1))]
)
def test_equal_values_have_a_histogram(bounds: Range, ends: tuple[float, float]) -> None:
    found = shown([[[0.0], [0.0]]], bounds)
    assert (found.low, found.high) == ends
    assert sum(found.counts) == 2


@pytest.mark.parametrize("size", [1e-320, 1e300])
def test_very_small_and_very_great_values_have_a_histogram(size: float) -> None:
    found = shown([[[0.0], [size]]], Range(min=0))
    assert (found.counts[0], found.counts[19], sum(found.counts)) == (1, 1, 2)


@pytest.mark.parametrize("bounds", [None, Range(min=0)])
def test_values_that_are_not_finite_are_in_no_bin(bounds: Range | None) -> None:
    found = shown([[[math.nan], [0.5], [math.inf]]], bounds)
    assert sum(found.counts) == 1
    assert found.mean is None
    assert json.loads(json.dumps(found.record(), allow_nan=False)) == found.record()


def test_a_value_beyond_its_range_counts_in_the_outermost_bin() -> None:
    found = shown([[[-0.5], [1.5]]])
    assert (found.counts[0], found.counts[19]) == (1, 1)


def test_a_gate_of_many_axes_has_its_units_flattened() -> None:
    class Grid(Shows):
        def gates(self, z: Tensor, state: Tensor) -> dict[str, Tensor]:
            return {"grid": z.unflatten(-1, (2, 3)).sigmoid(), "one": z[..., 0].sigmoid()}

    found = gate_statistics(trace_of(Grid(6), torch.randn(2, 4, 6).double()))
    assert found["grid"].units.mean.shape == (6,)
    assert found["one"].units.mean.shape == (1,)
    assert sum(found["grid"].counts) == 48


def test_the_summary_has_a_record_of_each_gate_of_each_layer() -> None:
    network = Stack([Recurrent(LSTM(3, 4)), Recurrent(Silent(4)), Recurrent(GRU(4, 5))]).double()
    with torch.no_grad(), traced(network) as traces:
        network(torch.randn(2, 6, 3).double())
    found = gate_summary(traces)
    assert {layer: set(gates) for layer, gates in found.items()} == {
        "layers.0": {"input", "forget", "candidate", "output"},
        "layers.2": {"reset", "update", "candidate"},
    }
    record = found["layers.0"]["forget"]
    assert list(record) == ["low", "high", "counts", "mean", "below", "above"]
    assert (record["low"], record["high"]) == (0.0, 1.0)
    assert sum(record["counts"]) == 2 * 6 * 4
    assert len(record["counts"]) == 20
    assert 0.5 < record["mean"] < 0.9  # the forget bias is 1
    assert json.loads(json.dumps(found, allow_nan=False)) == found


class Opens(Shows):
    gate_ranges: ClassVar[dict[str, Range]] = {"gate": Range(above=0, below=2)}


def test_ends_that_are_not_reached_bound_a_range_too() -> None:
    found = gate_statistics(trace_of(Opens(), torch.tensor([[[0.1], [1.9]]]).double()))["gate"]
    assert (found.low, found.high, found.below, found.above) == (0, 2, 0.5, 0.5)
