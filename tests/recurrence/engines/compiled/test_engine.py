from __future__ import annotations

import gc
import weakref
from copy import deepcopy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rnnlab.cells import GRU, LSTM, RNN, Cell, Jordan
from rnnlab.recurrence import Recurrent, tree
from rnnlab.recurrence.engines import ENGINES
from rnnlab.recurrence.engines.compiled import compilation
from rnnlab.recurrence.engines.compiled.engine import Compiled
from rnnlab.recurrence.engines.compiled.failure import CompileFailed
from rnnlab.recurrence.engines.compiled.interpreted import Interpreted
from tests.recurrence.engines.compiled.cells import COMPILED, REFUSED, ClosedOver, Plain

ENGINE = ENGINES["compiled"]


@pytest.fixture(autouse=True)
def interpreted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the graphs as they are: what is tested here is how they are made and joined."""
    monkeypatch.setattr(compilation, "lower", lambda program, *_: Interpreted(program))


def run(
    cell: Cell,
    engine: str,
    x: Tensor,
    lengths: Tensor | None = None,
    reset: Tensor | None = None,
    reverse: bool = False,
) -> list[Tensor]:
    """Return output, last state and all gradients."""
    x = x.clone().requires_grad_()
    start = tree.map_tensors(
        lambda leaf: (leaf.detach() + 0.25).requires_grad_() if differs(leaf) else leaf,
        cell.init_state(x.shape[0]),
    )
    layer = Recurrent(cell, engine, reverse=reverse)
    output, last = layer(x, start, lengths, reset)
    assert layer.choice is not None
    assert layer.choice.name == engine
    weights = torch.linspace(1, 2, output.numel(), dtype=output.dtype).reshape(output.shape)
    loss = (output * weights).sum()
    for i, leaf in enumerate(tree.leaves(last)):
        if differs(leaf):
            loss = loss + (i + 1) * leaf.abs().square().sum()
    sources = [x, *filter(differs, tree.leaves(start)), *cell.parameters()]
    sources = [source for source in sources if source.requires_grad]
    sources += getattr(cell, "tensors", [])
    gradients = torch.autograd.grad(loss, sources, allow_unused=True)
    filled = [
        torch.zeros_like(source) if g is None else g
        for g, source in zip(gradients, sources, strict=True)
    ]
    return [output.detach(), *(leaf.detach() for leaf in tree.leaves(last)), *filled]


def differs(leaf: Tensor) -> bool:
    return leaf.is_floating_point() or leaf.is_complex()


def assert_same(ours: list[Tensor], theirs: list[Tensor], tolerance: float = 1e-10) -> None:
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


KINDS = pytest.mark.parametrize("kind", COMPILED, ids=lambda kind: kind.__name__)


@KINDS
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_it_equals_the_loop(kind: type[Plain], data: st.DataObject) -> None:
    torch.manual_seed(data.draw(st.integers(0, 99)))
    cell = cells(kind)
    B, T = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 6))
    lengths = data.draw(st.none() | st.lists(st.integers(0, T), min_size=B, max_size=B))
    reset = data.draw(st.none() | st.lists(st.booleans(), min_size=B * T, max_size=B * T))
    reverse = data.draw(st.booleans())
    masks = (
        None if lengths is None else torch.tensor(lengths),
        None if reset is None else torch.tensor(reset).reshape(B, T),
    )
    x = torch.randn(B, T, 3, dtype=torch.float64)
    ours = run(cell, "compiled", x, *masks, reverse=reverse)
    assert_same(ours, run(cell, "loop", x, *masks, reverse=reverse))


_CELLS: dict[type[Plain], Plain] = {}


def cells(kind: type[Plain]) -> Plain:
    """Return always the same cell of a kind: tracing it takes longer than running it."""
    if kind not in _CELLS:
        torch.manual_seed(0)
        _CELLS[kind] = kind(3).double()
    return _CELLS[kind]


@pytest.mark.parametrize("kind", [LSTM, GRU, RNN, Jordan])
def test_cells_of_the_core(kind: type[Cell]) -> None:
    cell = kind(3, 4).double()
    x, lengths = torch.randn(3, 5, 3, dtype=torch.float64), torch.tensor([5, 0, 3])
    assert_same(run(cell, "compiled", x, lengths), run(cell, "loop", x, lengths))


def test_a_closed_over_weight_has_its_gradient_where_nothing_else_has() -> None:
    cell = ClosedOver(3).double().requires_grad_(False)
    x = torch.randn(2, 3, 3, dtype=torch.float64)
    (ours,) = torch.autograd.grad(Recurrent(cell, "compiled")(x)[0].sum(), cell.tensors)
    (theirs,) = torch.autograd.grad(Recurrent(cell, "loop")(x)[0].sum(), cell.tensors)
    assert theirs.abs().sum() > 0
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)


def test_twice_the_same_is_bit_equal() -> None:
    x = torch.randn(3, 7, 3, dtype=torch.float64)
    cell = cells(Plain)
    for a, b in zip(run(cell, "compiled", x), run(cell, "compiled", x), strict=True):
        assert torch.equal(a, b)


def test_the_batch_and_the_steps_are_no_reason_to_trace_again() -> None:
    cell = Plain(3)
    layer = Recurrent(cell, "compiled")
    for B, T in [(2, 3), (1, 3), (5, 1), (1, 1), (4, 9)]:
        layer(torch.randn(B, T, 3), lengths=torch.full((B,), T))[0].sum().backward()
        with torch.no_grad():
            layer(torch.randn(B, T, 3))
        with torch.inference_mode():
            layer(torch.randn(B, T, 3))
    assert isinstance(ENGINE, Compiled)
    assert len(ENGINE._compilations[cell]._programs) == 1


def test_an_attribute_that_changes_is_obeyed() -> None:
    class Scaled(Plain):
        scale = 1.0

        def step(self, z: Tensor, state: Tensor) -> Tensor:
            return super().step(z, state) * self.scale

    cell, x = Scaled(3), torch.randn(2, 3, 3)
    before = Recurrent(cell, "compiled")(x)[0]
    cell.scale = 0.5
    torch.testing.assert_close(Recurrent(cell, "compiled")(x)[0], Recurrent(cell, "loop")(x)[0])
    assert not torch.equal(before, Recurrent(cell, "compiled")(x)[0])


def test_a_parameter_that_is_replaced_is_seen() -> None:
    cell, x = Plain(3), torch.randn(2, 3, 3)
    Recurrent(cell, "compiled")(x)
    cell.recurrent = torch.nn.Linear(4, 4)
    torch.testing.assert_close(Recurrent(cell, "compiled")(x)[0], Recurrent(cell, "loop")(x)[0])


def test_a_changed_dtype_and_autocast() -> None:
    cell, x = Plain(3), torch.randn(2, 3, 3)
    Recurrent(cell, "compiled")(x)
    cell.double()
    assert Recurrent(cell, "compiled")(x.double())[0].dtype == torch.float64
    cell.float()
    with torch.autocast("cpu", torch.bfloat16):
        # Not equal to the loop to the last bit: the state of this cell is rounded there.
        ours, theirs = (Recurrent(LSTM_CELL, name)(x) for name in ("compiled", "loop"))
    torch.testing.assert_close(ours[0], theirs[0], rtol=2e-2, atol=2e-2)
    assert ours[1][0].dtype == theirs[1][0].dtype == torch.float32


LSTM_CELL = LSTM(3, 4)


def test_gradients_under_autocast() -> None:
    x = torch.randn(4, 6, 3)
    found = []
    for engine in ("compiled", "loop"):
        leaf = x.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            output = Recurrent(LSTM_CELL, engine)(leaf)[0]
        found.append(torch.autograd.grad(output.float().sum(), [leaf, *LSTM_CELL.parameters()]))
    for ours, theirs in zip(*found, strict=True):
        assert ours.dtype == theirs.dtype
        torch.testing.assert_close(ours, theirs, rtol=5e-2, atol=5e-2)


@pytest.mark.parametrize("kind", REFUSED, ids=lambda kind: kind.__name__)
def test_what_cannot_be_compiled_is_refused_by_name(kind: type[Plain]) -> None:
    x = torch.randn(2, 3, 3)
    with pytest.raises(CompileFailed, match=REFUSED[kind]):
        ENGINE.run(kind(3), x, torch.zeros(2, 4), None, None)


def test_a_value_that_keeps_changing_is_an_end() -> None:
    class Counting(Plain):
        calls = 0.0

        def step(self, z: Tensor, state: Tensor) -> Tensor:
            return super().step(z, state) * self.calls

    cell, x = Counting(3), torch.randn(2, 3, 3)
    limit = torch._dynamo.config.patch(recompile_limit=3)
    with limit, pytest.raises(CompileFailed, match="keeps changing: it was traced 3 times"):
        for i in range(6):
            cell.calls = float(i)
            ENGINE.run(cell, x, torch.zeros(2, 4), None, None)


def test_second_derivatives_are_refused() -> None:
    x = torch.randn(2, 3, 3, requires_grad=True)
    output, _ = Recurrent(cells(Plain).float(), "compiled")(x)
    (gradient,) = torch.autograd.grad(output.sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="engine=loop"):
        gradient.sum().backward()
    cells(Plain).double()


def test_a_cell_can_be_forgotten_and_copied() -> None:
    cell = Plain(3)
    x = torch.randn(2, 3, 3)
    layer = Recurrent(cell, "compiled")
    expected = layer(x)[0]
    copy = deepcopy(layer)
    with torch.no_grad():
        cell.recurrent.weight.zero_()
    torch.testing.assert_close(copy(x)[0], expected)
    gone = weakref.ref(cell)
    del cell, layer
    gc.collect()
    assert gone() is None
