from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rnnlab.cells import GRU, LSTM, RNN, Cell, Jordan
from rnnlab.errors import ConfigError
from rnnlab.recurrence import Recurrent, tree

MakeCell = Callable[[int], Cell]

CELLS: dict[str, Callable[[int, int], Cell]] = {
    "rnn": RNN,
    "gru": GRU,
    "lstm": LSTM,
    "jordan": lambda size, hidden: Jordan(size, 5, hidden),
}


def close(a: object, b: object) -> None:
    for one, other in zip(tree.leaves(a), tree.leaves(b), strict=True):
        torch.testing.assert_close(one, other, atol=1e-10, rtol=0)


def rows(state: object, index: list[int]) -> object:
    return tree.index_select(state, torch.tensor(index))


@st.composite
def problems(draw: st.DrawFn) -> tuple[Recurrent, Tensor, object, Tensor]:
    """Draw a layer, its input, its state and lengths, empty rows among them."""
    B, T = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    F, H = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    torch.manual_seed(draw(st.integers(0, 2**16)))
    cell = CELLS[draw(st.sampled_from(sorted(CELLS)))](F, H).double()
    layer = Recurrent(cell, draw(st.sampled_from(["auto", "loop"])), draw(st.booleans()))
    lengths = torch.tensor(draw(st.lists(st.integers(0, T), min_size=B, max_size=B)))
    state = tree.map_tensors(torch.randn_like, cell.init_state(B))
    return layer, torch.randn(B, T, F, dtype=torch.float64), state, lengths


def resets_like(x: Tensor) -> Tensor:
    return torch.rand(x.shape[:2]) < 0.3


def gradients(
    layer: Recurrent, x: Tensor, state: object, lengths: Tensor, reset: Tensor | None
) -> tuple[object, list[Tensor]]:
    """Return outputs and last state, and the gradients of weights, input and initial state."""
    x = x.clone().requires_grad_()
    state = tree.map_tensors(lambda leaf: leaf.clone().requires_grad_(), state)
    result = layer(x, state, lengths, reset)
    torch.manual_seed(1)
    # Not randn_like, which would draw in the order of memory, and that differs between engines.
    loss = sum(
        (leaf * torch.randn(leaf.shape, dtype=leaf.dtype)).sum() for leaf in tree.leaves(result)
    )
    assert isinstance(loss, Tensor)
    wanted = [x, *tree.leaves(state), *layer.parameters()]
    return result, list(torch.autograd.grad(loss, wanted, materialize_grads=True))


@settings(deadline=None, max_examples=60)
@given(problems(), st.sampled_from([float("nan"), float("inf"), 1e30]), st.booleans())
def test_garbage_in_the_padding_changes_nothing(
    problem: tuple[Recurrent, Tensor, object, Tensor], garbage: float, with_reset: bool
) -> None:
    layer, x, state, lengths = problem
    padding = torch.arange(x.shape[1]) >= lengths[:, None]
    reset = resets_like(x) if with_reset else None
    dirty_reset = None if reset is None else reset | padding
    clean = gradients(layer, x, state, lengths, reset)
    dirty = gradients(
        layer, x.masked_fill(padding[..., None], garbage), state, lengths, dirty_reset
    )
    close(clean, dirty)
    result, (input_gradient, *_) = dirty
    assert isinstance(result, tuple)
    assert not result[0][padding].any()
    assert not input_gradient[padding].any()


@settings(deadline=None, max_examples=60)
@given(problems())
def test_a_padded_row_equals_the_row_alone(
    problem: tuple[Recurrent, Tensor, object, Tensor],
) -> None:
    layer, x, state, lengths = problem
    output, final = layer(x, state, lengths)
    for b, length in enumerate(lengths.tolist()):
        alone, last = layer(x[b : b + 1, :length], rows(state, [b]))
        close(output[b : b + 1, :length], alone)
        close(rows(final, [b]), last)


@settings(deadline=None, max_examples=60)
@given(problems(), st.data(), st.booleans())
def test_running_on_equals_running_through(
    problem: tuple[Recurrent, Tensor, object, Tensor], data: st.DataObject, with_reset: bool
) -> None:
    layer, x, state, lengths = problem
    layer = Recurrent(layer.cell, layer.engine)
    cut = data.draw(st.integers(0, x.shape[1]))
    reset = resets_like(x) if with_reset else None
    first, second = (None, None) if reset is None else (reset[:, :cut], reset[:, cut:])
    whole = layer(x, state, lengths, reset)
    start, middle = layer(x[:, :cut], state, lengths.clamp(max=cut), first)
    end, final = layer(x[:, cut:], middle, (lengths - cut).clamp(min=0), second)
    close(whole, (torch.cat([start, end], 1), final))


@settings(deadline=None, max_examples=40)
@given(problems())
def test_step_by_step_equals_forward(problem: tuple[Recurrent, Tensor, object, Tensor]) -> None:
    layer, x, state, _ = problem
    layer = Recurrent(layer.cell, layer.engine)
    whole = layer(x, state)
    outputs = []
    for t in range(x.shape[1]):
        output, state = layer.step(x[:, t], state)
        outputs.append(output)
    close(whole, (torch.stack(outputs, 1), state))


@settings(deadline=None, max_examples=60)
@given(problems())
def test_a_reset_is_a_border_in_either_direction(
    problem: tuple[Recurrent, Tensor, object, Tensor],
) -> None:
    layer, x, state, lengths = problem
    reset = resets_like(x)
    output, final = layer(x, state, lengths, reset)
    for b, length in enumerate(lengths.tolist()):
        borders = [t for t in range(length) if reset[b, t] and (t > 0 or not layer.reverse)]
        cuts = sorted({0, *borders, length})
        segments = list(pairwise(cuts))
        carried = rows(state, [b])
        for start, stop in reversed(segments) if layer.reverse else segments:
            fresh = stop < length if layer.reverse else start in borders
            part, carried = layer(x[b : b + 1, start:stop], None if fresh else carried)
            close(output[b : b + 1, start:stop], part)
        close(rows(final, [b]), carried)


@settings(deadline=None, max_examples=40)
@given(problems())
def test_both_engines_agree_on_values_and_gradients(
    problem: tuple[Recurrent, Tensor, object, Tensor],
) -> None:
    layer, x, state, lengths = problem
    loop = Recurrent(layer.cell, "loop", layer.reverse)
    auto = Recurrent(layer.cell, "auto", layer.reverse)
    close(gradients(loop, x, state, lengths, None), gradients(auto, x, state, lengths, None))


def test_a_given_state_is_never_changed(make_cell: MakeCell, engine: str) -> None:
    layer = Recurrent(make_cell(3), engine)
    x, reset = torch.randn(3, 5, 3), torch.rand(3, 5) < 0.5
    state = tree.map_tensors(torch.randn_like, layer.init_state(3))
    before = copy.deepcopy((x, state))
    for lengths in (None, torch.tensor([5, 0, 2])):
        for mask in (None, reset):
            layer(x, state, lengths, mask)
            layer.step(x[:, 0], state)
    for a, b in zip(tree.leaves(before), tree.leaves((x, state)), strict=True):
        assert torch.equal(a, b)


def test_no_state_means_the_initial_one(make_cell: MakeCell, engine: str) -> None:
    layer, x = Recurrent(make_cell(3), engine), torch.randn(2, 4, 3)
    close(layer(x), layer(x, layer.init_state(2)))


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("shape", [(2, 0), (0, 4), (0, 0)], ids=str)
def test_nothing_to_run(
    make_cell: MakeCell, engine: str, shape: tuple[int, int], reverse: bool
) -> None:
    layer = Recurrent(make_cell(3), engine, reverse)
    state = tree.map_tensors(torch.randn_like, layer.init_state(shape[0]))
    lengths = torch.zeros(shape[0], dtype=torch.int64)
    output, final = layer(torch.randn(*shape, 3), state, lengths, torch.ones(shape).bool())
    assert output.shape == (*shape, layer.output_size)
    for a, b in zip(tree.leaves(state), tree.leaves(final), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("lengths", [[2, 0], [0, 0], [2, 2]], ids=str)
@pytest.mark.parametrize("reverse", [False, True])
def test_meta_device(make_cell: MakeCell, engine: str, reverse: bool, lengths: list[int]) -> None:
    with torch.device("meta"):
        layer = Recurrent(make_cell(3), engine, reverse)
        x, known = torch.empty(2, 4, 3), torch.tensor(lengths)
        reset = torch.zeros(2, 4, dtype=torch.bool)
    for given_lengths in (None, known):
        for given_reset in (None, reset):
            output, state = layer(x, None, given_lengths, given_reset)
            assert output.shape == (2, 4, 4)
            assert all(leaf.is_meta for leaf in [output, *tree.leaves(state)])


def test_every_device_agrees_with_the_cpu(
    make_cell: MakeCell, engine: str, device: torch.device
) -> None:
    layer = Recurrent(make_cell(3), engine)
    x, lengths, reset = torch.randn(3, 6, 3), torch.tensor([6, 0, 2]), torch.rand(3, 6) < 0.3
    for arguments in ((None, None), (lengths, None), (lengths, reset)):
        expected = layer.cpu()(x, None, *arguments)
        moved = [None if mask is None else mask.to(device) for mask in arguments]
        result = layer.to(device)(x.to(device), None, *moved)
        for a, b in zip(tree.leaves(expected), tree.leaves(result), strict=True):
            assert b.device.type == device.type
            torch.testing.assert_close(a, b.cpu(), atol=1e-4, rtol=1e-4)


def test_autocast_runs_and_keeps_gradients_finite(make_cell: MakeCell, engine: str) -> None:
    layer = Recurrent(make_cell(3), engine)
    x, lengths = torch.randn(3, 6, 3), torch.tensor([6, 1, 2])
    exact, _ = layer(x, None, lengths)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output, state = layer(x, None, lengths)
        output, _ = layer(x, layer.init_state(3), lengths)
        layer(x, state, lengths)
    torch.testing.assert_close(output.float(), exact, atol=0.05, rtol=0.05)
    output.float().sum().backward()
    assert all(weight.grad is not None for weight in layer.parameters())
    assert all(weight.grad.isfinite().all() for weight in layer.parameters())


def test_state_dict_and_deepcopy(make_cell: MakeCell, engine: str) -> None:
    layer, other = Recurrent(make_cell(3), engine), Recurrent(make_cell(3), engine)
    x = torch.randn(2, 4, 3)
    close(layer(x), copy.deepcopy(layer)(x))
    other.load_state_dict(layer.state_dict())
    close(layer(x), other(x))


@pytest.mark.parametrize(
    ("x", "lengths", "reset", "message"),
    [
        (torch.zeros(2, 4), None, None, r"x must be \(B, T, 3\)"),
        (torch.zeros(2, 4, 5), None, None, r"x must be \(B, T, 3\), got \(2, 4, 5\)"),
        (torch.zeros(2, 4, 3), torch.tensor([1]), None, r"lengths must be \(2,\)"),
        (torch.zeros(2, 4, 3), torch.tensor([1, 5]), None, "lengths must lie in 0 to 4"),
        (torch.zeros(2, 4, 3), torch.tensor([-1, 4]), None, "lengths must lie in 0 to 4"),
        (torch.zeros(2, 4, 3), None, torch.zeros(2, 4), "reset must be bool"),
        (torch.zeros(2, 4, 3), None, torch.zeros(2, 3).bool(), r"reset must be bool \(2, 4\)"),
    ],
)
def test_wrong_shapes_are_named(
    x: Tensor, lengths: Tensor | None, reset: Tensor | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Recurrent(GRU(3, 4))(x, None, lengths, reset)


def test_a_backward_layer_has_no_step() -> None:
    layer = Recurrent(GRU(3, 4), reverse=True)
    assert not layer.causal
    with pytest.raises(ValueError, match="no next step"):
        layer.step(torch.zeros(2, 3), layer.init_state(2))


def test_the_engine_used_is_reported_with_its_reason() -> None:
    layer, x = Recurrent(LSTM(3, 4)), torch.zeros(2, 4, 3)
    assert layer.engines() == {}
    layer(x)
    assert layer.engines() == {"recurrent": "fused (torch has a kernel for this cell)"}
    layer(x, reset=torch.zeros(2, 4).bool())
    assert layer.engines()["recurrent"].startswith("loop (a fused kernel cannot apply")


def test_an_unknown_engine_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match="engine=fuse: no such engine; did you mean fused"):
        Recurrent(LSTM(3, 4), engine="fuse")


class LearnedStart(GRU):
    """A GRU whose initial state is a parameter."""

    def __init__(self) -> None:
        super().__init__(3, 4)
        self.start = torch.nn.Parameter(torch.randn(4))

    def init_state(self, batch_size: int) -> Tensor:
        return self.start.expand(batch_size, -1)


@pytest.mark.parametrize("engine", ["loop", "fused"])
def test_a_learned_initial_state_gets_its_gradient(engine: str) -> None:
    cell = LearnedStart()
    output, _ = Recurrent(cell, engine)(torch.randn(2, 4, 3))
    output.sum().backward()
    assert cell.start.grad is not None
    assert cell.start.grad.all()


class Dictionary(Cell[dict[str, Tensor]]):
    """A leaky integrator beside a counter: a state that is a dict, and a projection that is."""

    def __init__(self) -> None:
        super().__init__()
        self.input_size = self.output_size = 3

    def init_state(self, batch_size: int) -> dict[str, Tensor]:
        return {"sum": torch.zeros(batch_size, 3), "count": torch.zeros(batch_size, 1)}

    def project(self, x: Tensor) -> dict[str, Tensor]:
        return {"value": x, "one": torch.ones_like(x[..., :1])}

    def step(self, z: dict[str, Tensor], state: dict[str, Tensor]) -> dict[str, Tensor]:
        return {"sum": state["sum"] + z["value"], "count": state["count"] + z["one"]}

    def readout(self, state: dict[str, Tensor], z: dict[str, Tensor]) -> Tensor:
        return state["sum"] / state["count"]


def test_states_and_projections_may_be_any_tree() -> None:
    x = torch.randn(2, 4, 3)
    output, state = Recurrent(Dictionary())(x, lengths=torch.tensor([4, 2]))
    assert state["count"].flatten().tolist() == [4, 2]
    torch.testing.assert_close(output[0], x[0].cumsum(0) / torch.arange(1, 5)[:, None])
    torch.testing.assert_close(output[1, 1], x[1, :2].mean(0))
    assert not output[1, 2:].any()
