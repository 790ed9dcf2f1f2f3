from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from rnnlab.cells import GRU, LSTM, Cell
from rnnlab.errors import ConfigError
from rnnlab.recurrence import Bidirectional, Recurrent, tree

MakeCell = Callable[[int], Cell]


def make_layer(make_cell: MakeCell, engine: str) -> Bidirectional:
    forward = Recurrent(make_cell(3), engine)
    return Bidirectional(forward, Recurrent(make_cell(3), engine, reverse=True)).double()


def test_padded_rows_equal_rows_run_alone(make_cell: MakeCell, engine: str) -> None:
    layer = make_layer(make_cell, engine)
    x = torch.randn(4, 6, 3, dtype=torch.float64)
    lengths = torch.tensor([6, 1, 0, 4])
    garbage = x.masked_fill(torch.arange(6)[None, :, None] >= lengths[:, None, None], float("nan"))
    output, state = layer(garbage, None, lengths)
    for b, length in enumerate(lengths.tolist()):
        alone, last = layer(x[b : b + 1, :length])
        torch.testing.assert_close(output[b : b + 1, :length], alone, atol=1e-10, rtol=0)
        assert not output[b, length:].any()
        row = tree.index_select(state, torch.tensor([b]))
        for one, other in zip(tree.leaves(row), tree.leaves(last), strict=True):
            torch.testing.assert_close(one, other, atol=1e-10, rtol=0)


def test_halves_of_the_output_are_the_directions(make_cell: MakeCell, engine: str) -> None:
    layer = make_layer(make_cell, engine)
    x = torch.randn(2, 5, 3, dtype=torch.float64)
    output, _ = layer(x)
    backwards, _ = Recurrent(layer.backwards.cell, "loop")(x.flip(1))
    expected = torch.cat([layer.forwards(x)[0], backwards.flip(1)], -1)
    torch.testing.assert_close(output, expected, atol=1e-10, rtol=0)
    assert output.shape == (2, 5, layer.output_size)


def test_a_state_is_a_pair(make_cell: MakeCell, engine: str) -> None:
    layer = make_layer(make_cell, engine)
    x = torch.randn(2, 5, 3, dtype=torch.float64)
    torch.testing.assert_close(layer(x)[0], layer(x, layer.init_state(2))[0])
    state = tree.map_tensors(torch.randn_like, layer.init_state(2))
    output, _ = layer(x, state)
    ahead, _ = layer.forwards(x, state[0])
    back, _ = layer.backwards(x, state[1])
    torch.testing.assert_close(output, torch.cat([ahead, back], -1))


def test_it_is_not_causal() -> None:
    layer = make_layer(lambda size: GRU(size, 4), "auto")
    assert not layer.causal
    with pytest.raises(ValueError, match="no next step"):
        layer.step(torch.zeros(2, 3), layer.init_state(2))


def test_engines_are_named_by_path() -> None:
    layer = make_layer(lambda size: LSTM(size, 4), "auto")
    layer(torch.zeros(1, 2, 3, dtype=torch.float64))
    assert list(layer.engines()) == ["forwards", "backwards"]


@pytest.mark.parametrize("directions", [(False, False), (True, False), (True, True)], ids=str)
def test_wrong_directions_are_refused(directions: tuple[bool, bool]) -> None:
    layers = [Recurrent(GRU(3, 4), reverse=reverse) for reverse in directions]
    with pytest.raises(ConfigError, match="first layer must read forwards"):
        Bidirectional(*layers)


def test_different_inputs_are_refused() -> None:
    with pytest.raises(ConfigError, match="not 3 and 2 features"):
        Bidirectional(Recurrent(GRU(3, 4)), Recurrent(GRU(2, 4), reverse=True))
