from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rnnlab.cells import GRU, LSTM, RNN, Cell, Jordan
from rnnlab.probing.gates import gate_values, states_before
from rnnlab.ranges import Range
from rnnlab.recurrence import Bidirectional, Recurrent, tree
from rnnlab.recurrence.trace import Trace, traced

CELLS: dict[str, Callable[[], Cell]] = {
    "rnn": lambda: RNN(3, 4),
    "gru": lambda: GRU(3, 4),
    "lstm": lambda: LSTM(3, 4),
    "jordan": lambda: Jordan(3, 5, 4),
}
Array = np.ndarray[Any, np.dtype[np.float64]]


def trace_of(cell: Cell, x: Tensor, *, reverse: bool = False, **masks: Tensor | None) -> Trace:
    layer = Recurrent(cell, reverse=reverse)
    with torch.no_grad(), traced(layer) as traces:
        layer(x, **masks)  # type: ignore[arg-type]
    return traces["recurrent"]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


class Weights(NamedTuple):
    """One affine map of the input and one of the state, as nested lists of numbers."""

    W: list[list[float]]
    b: list[float]
    U: list[list[float]]
    d: list[float]

    def input(self, unit: int, x: list[float]) -> float:
        return self.b[unit] + sum(w * value for w, value in zip(self.W[unit], x, strict=True))

    def state(self, unit: int, h: list[float]) -> float:
        return self.d[unit] + sum(u * value for u, value in zip(self.U[unit], h, strict=True))


def weights(cell: LSTM | GRU) -> Weights:
    maps = (cell.input.weight, cell.input.bias, cell.recurrent.weight, cell.recurrent.bias)
    return Weights(*(each.tolist() for each in maps))


def lstm_by_hand(cell: LSTM, x: Tensor, resets: list[bool]) -> dict[str, list[list[float]]]:
    """Return gates and states of one sequence ``(T, F)``, number by number."""
    w, H = weights(cell), cell.output_size
    h, c = [0.0] * H, [0.0] * H
    found: dict[str, list[list[float]]] = {
        name: [] for name in ("input", "forget", "candidate", "output", "h", "c")
    }
    for x_t, reset in zip(x.tolist(), resets, strict=True):
        if reset:
            h, c = [0.0] * H, [0.0] * H
        total = [w.input(k, x_t) + w.state(k, h) for k in range(4 * H)]
        i = [sigmoid(each) for each in total[:H]]
        f = [sigmoid(each) for each in total[H : 2 * H]]
        g = [math.tanh(each) for each in total[2 * H : 3 * H]]
        o = [sigmoid(each) for each in total[3 * H :]]
        c = [f[k] * c[k] + i[k] * g[k] for k in range(H)]
        h = [o[k] * math.tanh(c[k]) for k in range(H)]
        for name, value in zip(found, (i, f, g, o, h, c), strict=True):
            found[name].append(value)
    return found


def gru_by_hand(cell: GRU, x: Tensor, resets: list[bool]) -> dict[str, list[list[float]]]:
    w, H = weights(cell), cell.output_size
    h = [0.0] * H
    found: dict[str, list[list[float]]] = {n: [] for n in ("reset", "update", "candidate", "h")}
    for x_t, back in zip(x.tolist(), resets, strict=True):
        if back:
            h = [0.0] * H
        r = [sigmoid(w.input(k, x_t) + w.state(k, h)) for k in range(H)]
        z = [sigmoid(w.input(H + k, x_t) + w.state(H + k, h)) for k in range(H)]
        n = [math.tanh(w.input(2 * H + k, x_t) + r[k] * w.state(2 * H + k, h)) for k in range(H)]
        h = [(1 - z[k]) * n[k] + z[k] * h[k] for k in range(H)]
        for name, value in zip(found, (r, z, n, h), strict=True):
            found[name].append(value)
    return found


BY_HAND: dict[str, tuple[Any, Any]] = {"lstm": (LSTM, lstm_by_hand), "gru": (GRU, gru_by_hand)}


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
@pytest.mark.parametrize("kind", BY_HAND)
def test_gates_equal_those_computed_by_hand_from_the_weights(kind: str, reverse: bool) -> None:
    make, by_hand = BY_HAND[kind]
    torch.manual_seed(0)
    cell = make(3, hidden_size=4).double()
    x, lengths = torch.randn(4, 6, 3).double() * 3, [6, 3, 0, 1]
    reset = torch.zeros(4, 6, dtype=torch.bool)
    reset[0, 2] = reset[1, 1] = True
    trace = trace_of(cell, x, reverse=reverse, lengths=torch.tensor(lengths), reset=reset)
    values = gate_values(trace)
    for b, length in enumerate(lengths):
        read, resets = x[b, :length], reset[b, :length].tolist()
        if reverse:  # a reset before step t is met after it on the way back
            read, resets = read.flip(0), [False, *resets[:0:-1]] if length else []
        expected = by_hand(cell, read, resets)
        for name, value in values.items():
            np.testing.assert_allclose(
                value[b, :length], np.reshape(expected[name], (length, 4)), rtol=0, atol=1e-12
            )
    assert set(values) == {name for name in expected if name not in ("h", "c")}


@pytest.mark.parametrize("kind", CELLS)
def test_they_are_those_of_one_step_after_the_other(kind: str) -> None:
    torch.manual_seed(0)
    cell = CELLS[kind]().double()
    x, lengths = torch.randn(3, 5, 3).double(), torch.tensor([5, 2, 4])
    trace = trace_of(cell, x, lengths=lengths)
    values = gate_values(trace)
    state = cell.init_state(3)
    with torch.no_grad():
        for t in range(5):
            z = cell.project(x[:, t])
            now = cell.gates(z, state)
            assert now.keys() == values.keys()
            state = cell.step(z, state)
            for name, value in now.items():
                read = lengths > t
                torch.testing.assert_close(values[name][read, t], value[read])


@settings(deadline=None, max_examples=30)
@given(
    kind=st.sampled_from(list(CELLS)),
    B=st.integers(1, 3),
    T=st.integers(1, 5),
    reverse=st.booleans(),
    data=st.data(),
)
def test_every_step_starts_from_the_state_that_leads_to_the_next(
    kind: str, B: int, T: int, reverse: bool, data: st.DataObject
) -> None:
    cell = CELLS[kind]().double()
    lengths = torch.tensor(data.draw(st.lists(st.integers(0, T), min_size=B, max_size=B)))
    reset = torch.tensor(
        data.draw(st.lists(st.lists(st.booleans(), min_size=T, max_size=T), min_size=B, max_size=B))
    )
    trace = trace_of(
        cell, torch.randn(B, T, 3).double(), reverse=reverse, lengths=lengths, reset=reset
    )
    before = states_before(trace)
    with torch.no_grad():
        for t in range(T):
            after = cell.step(
                tree.map_tensors(lambda leaf, t=t: leaf[:, t], trace.z),
                tree.map_tensors(lambda leaf, t=t: leaf[:, t], before),
            )
            for found, expected in zip(tree.leaves(trace.states), tree.leaves(after), strict=True):
                torch.testing.assert_close(found[lengths > t, t], expected[lengths > t])
    for value in gate_values(trace).values():
        assert value.shape[:2] == (B, T)


def test_both_directions_are_traced_by_themselves() -> None:
    layer = Bidirectional(Recurrent(GRU(3, 4)), Recurrent(GRU(3, 4), reverse=True)).double()
    x = torch.randn(2, 5, 3).double()
    with torch.no_grad(), traced(layer) as traces:
        layer(x)
    for name, cell in (("forwards", layer.forwards.cell), ("backwards", layer.backwards.cell)):
        read = x.flip(1) if name == "backwards" else x
        expected = gate_values(trace_of(cell, read))
        for gate, value in gate_values(traces[name]).items():
            torch.testing.assert_close(value, expected[gate])


def test_the_cell_is_asked_in_evaluation_mode_and_left_as_it_was() -> None:
    modes = []

    class Watched(GRU):
        def gates(self, z: Tensor, state: Tensor) -> dict[str, Tensor]:
            modes.append((self.training, torch.is_grad_enabled()))
            return super().gates(z, state)

    trace = trace_of(Watched(3, 4).train(), torch.randn(2, 3, 3))
    modes.clear()
    values = gate_values(trace)
    assert modes == [(False, False)]  # once for all steps
    assert trace.cell.training
    assert all(not value.requires_grad for value in values.values())


def test_a_gate_without_a_row_for_each_example_is_refused() -> None:
    class Shared(RNN):
        def gates(self, z: Tensor, state: Tensor) -> dict[str, Tensor]:
            return {"bias": self.recurrent.bias}

    with pytest.raises(ValueError, match=r"gate bias of Shared is \(4,\) in a batch of 6"):
        gate_values(trace_of(Shared(3, 4), torch.randn(2, 3, 3)))


def test_ranges_of_gates() -> None:
    from rnnlab.probing.gates import gate_range

    assert gate_range(LSTM(3, 4), "forget") == Range(min=0, max=1)
    assert gate_range(LSTM(3, 4), "candidate") == Range(min=-1, max=1)
    assert gate_range(RNN(3, 4, nonlinearity="relu"), "hidden") == Range(min=0)
