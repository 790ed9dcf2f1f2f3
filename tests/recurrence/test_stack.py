from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch

from rnnlab.cells import GRU, Cell
from rnnlab.errors import ConfigError
from rnnlab.recurrence import Bidirectional, Recurrent, Stack, tree

MakeCell = Callable[[int], Cell]


def make_stack(make_cell: MakeCell, engine: str, residual: bool = False) -> Stack:
    layers = [Recurrent(make_cell(size), engine) for size in (3, 4, 4)]
    return Stack(layers, residual=residual)


@pytest.mark.parametrize("residual", [False, True])
def test_padding_changes_nothing(make_cell: MakeCell, engine: str, residual: bool) -> None:
    # All sizes agree, so that a residual adds the input itself.
    layers = [Recurrent(make_cell(4), engine) for _ in range(2)]
    stack = Stack(layers, residual=residual).double()
    x, lengths = torch.randn(3, 5, 4, dtype=torch.float64), torch.tensor([5, 0, 2])
    padding = torch.arange(5) >= lengths[:, None]
    output, state = stack(x.masked_fill(padding[..., None], float("nan")), None, lengths)
    assert not output[padding].any()
    for b, length in enumerate(lengths.tolist()):
        alone, last = stack(x[b : b + 1, :length])
        torch.testing.assert_close(output[b : b + 1, :length], alone, atol=1e-10, rtol=0)
        row = tree.index_select(state, torch.tensor([b]))
        for one, other in zip(tree.leaves(row), tree.leaves(last), strict=True):
            torch.testing.assert_close(one, other, atol=1e-10, rtol=0)


@pytest.mark.parametrize("residual", [False, True])
def test_step_by_step_equals_forward(make_cell: MakeCell, engine: str, residual: bool) -> None:
    stack = make_stack(make_cell, engine, residual).double()
    x = torch.randn(2, 5, 3, dtype=torch.float64)
    output, final = stack(x)
    state = stack.init_state(2)
    for t in range(5):
        step, state = stack.step(x[:, t], state)
        torch.testing.assert_close(step, output[:, t], atol=1e-10, rtol=0)
    for one, other in zip(tree.leaves(state), tree.leaves(final), strict=True):
        torch.testing.assert_close(one, other, atol=1e-10, rtol=0)


def test_residuals_add_the_input_where_sizes_agree(make_cell: MakeCell, engine: str) -> None:
    stack = make_stack(make_cell, engine, residual=True)
    x = torch.randn(2, 5, 3)
    first, _ = stack[0](x)  # 3 features in, 4 out: nothing to add
    second = first + stack[1](first)[0]
    third = second + stack[2](second)[0]
    torch.testing.assert_close(stack(x)[0], third)


def test_a_wide_input_is_not_added_by_broadcasting() -> None:
    stack = Stack([Recurrent(GRU(1, 4))], residual=True)
    x = torch.randn(2, 5, 1)
    assert torch.equal(stack(x)[0], stack[0](x)[0])


def test_dropout_is_between_layers_only_and_while_training() -> None:
    stack = Stack([Recurrent(GRU(3, 50)), Recurrent(GRU(50, 50))], dropout=0.5)
    x, seen = torch.randn(4, 6, 3), []
    stack[1].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    output, _ = stack(x)
    bottom, _ = stack[0](x)
    dropped = seen[0] == 0
    assert 0.4 < dropped.float().mean() < 0.6
    assert not torch.equal(dropped[:, 0], dropped[:, 1])  # a new mask at every step
    torch.testing.assert_close(seen[0][~dropped], 2 * bottom[~dropped])
    assert output.all()
    stack.eval()
    torch.testing.assert_close(stack(x)[0], stack[1](bottom)[0])


def test_layers_of_all_kinds_stack(make_cell: MakeCell, engine: str) -> None:
    both = Bidirectional(
        Recurrent(make_cell(3), engine), Recurrent(make_cell(3), engine, reverse=True)
    )
    inner = Stack([Recurrent(make_cell(8), engine)])
    stack = Stack([both, inner])
    assert not stack.causal
    assert (stack.input_size, stack.output_size) == (3, 4)
    output, state = stack(torch.randn(2, 5, 3))
    assert output.shape == (2, 5, 4)
    again, _ = stack(torch.randn(2, 5, 3), state)
    assert again.isfinite().all()
    assert list(stack.engines()) == [
        "layers.0.forwards",
        "layers.0.backwards",
        "layers.1.layers.0",
    ]


def test_meta_device(make_cell: MakeCell, engine: str) -> None:
    with torch.device("meta"):
        stack = make_stack(make_cell, engine, residual=True)
        x, lengths = torch.empty(2, 4, 3), torch.tensor([4, 2])
        reset = torch.zeros(2, 4, dtype=torch.bool)
    for arguments in ((None, None), (lengths, None), (lengths, reset)):
        output, state = stack(x, None, *arguments)
        assert all(leaf.is_meta for leaf in [output, *tree.leaves(state)])
    output, state = stack.step(x[:, 0], stack.init_state(2))
    assert all(leaf.is_meta for leaf in [output, *tree.leaves(state)])


def test_state_dict_and_deepcopy(make_cell: MakeCell, engine: str) -> None:
    stack, other = make_stack(make_cell, engine), make_stack(make_cell, engine)
    x = torch.randn(2, 4, 3)
    expected, _ = stack(x)
    torch.testing.assert_close(copy.deepcopy(stack)(x)[0], expected)
    other.load_state_dict(stack.state_dict())
    torch.testing.assert_close(other(x)[0], expected)


def test_no_layer_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least one layer"):
        Stack([])


def test_sizes_must_fit() -> None:
    with pytest.raises(ConfigError, match="output size 4 is below one of input size 5"):
        Stack([Recurrent(GRU(3, 4)), Recurrent(GRU(5, 4))])
