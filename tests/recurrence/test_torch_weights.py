"""torch's own modules are the truth: same weights, same outputs, states and gradients."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnlab.cells import GRU, LSTM, RNN, Jordan
from rnnlab.errors import ConfigError
from rnnlab.recurrence import Bidirectional, Layer, Recurrent, Stack, tree
from rnnlab.recurrence.torch_weights import from_torch, to_torch

B, T, F, H = 5, 7, 3, 4

MODULES: dict[str, Callable[..., nn.RNNBase]] = {
    "rnn_tanh": lambda **options: nn.RNN(F, H, **options),
    "rnn_relu": lambda **options: nn.RNN(F, H, nonlinearity="relu", **options),
    "gru": lambda **options: nn.GRU(F, H, **options),
    "lstm": lambda **options: nn.LSTM(F, H, **options),
}
every_module = pytest.mark.parametrize("make", MODULES.values(), ids=MODULES.keys())


def close(ours: Tensor, theirs: Tensor, what: str = "") -> None:
    torch.testing.assert_close(ours, theirs, atol=1e-10, rtol=0, msg=lambda m: f"{what}: {m}")


def as_state(module: nn.RNNBase, leaves: list[Tensor]) -> object:
    """Turn torch's leaves (layers x directions, B, H) into the state of a stack."""
    cells = [
        leaves[0][k] if len(leaves) == 1 else tuple(leaf[k] for leaf in leaves)
        for k in range(leaves[0].shape[0])
    ]
    if module.bidirectional:
        return tuple((cells[k], cells[k + 1]) for k in range(0, len(cells), 2))
    return tuple(cells)


def recurrents(stack: Stack) -> list[tuple[str, Recurrent]]:
    """Pair every recurrent layer with the suffix of its weights in torch."""
    pairs = []
    for i in range(len(stack)):
        layer = stack[i]
        if isinstance(layer, Bidirectional):
            pairs += [(f"_l{i}", layer.forwards), (f"_l{i}_reverse", layer.backwards)]
        else:
            assert isinstance(layer, Recurrent)
            pairs.append((f"_l{i}", layer))
    return pairs


@every_module
@pytest.mark.parametrize("engine", ["loop", "fused"])
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one_way", "both_ways"])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("lengths", [None, [7, 2, 5, 1, 7]], ids=["full", "padded"])
@pytest.mark.parametrize("given", [False, True], ids=["from_zero", "from_state"])
def test_outputs_states_and_all_gradients_equal_torch_s(
    make: Callable[..., nn.RNNBase],
    engine: str,
    bidirectional: bool,
    layers: int,
    lengths: list[int] | None,
    given: bool,
) -> None:
    module = make(num_layers=layers, bidirectional=bidirectional, batch_first=True).double()
    stack = from_torch(module, engine=engine)
    rows = layers * (2 if bidirectional else 1)
    count = 2 if isinstance(module, nn.LSTM) else 1

    x = torch.randn(B, T, F, dtype=torch.float64)
    initial = [torch.randn(rows, B, H, dtype=torch.float64) for _ in range(count)]
    their_x, our_x = x.clone().requires_grad_(), x.clone().requires_grad_()
    theirs = [leaf.clone().requires_grad_(given) for leaf in initial]
    ours = [leaf.clone().requires_grad_(given) for leaf in initial]
    their_state = None if not given else theirs[0] if count == 1 else tuple(theirs)
    our_state = as_state(module, ours) if given else None

    if lengths is None:
        expected, final = module(their_x, their_state)
        output, state = stack(our_x, our_state)
    else:
        known = torch.tensor(lengths)
        packed = pack_padded_sequence(their_x, known, batch_first=True, enforce_sorted=False)
        expected, final = module(packed, their_state)
        expected, _ = pad_packed_sequence(expected, batch_first=True, total_length=T)
        output, state = stack(our_x, our_state, lengths=known)

    final = [final] if count == 1 else list(final)
    ends = tree.leaves(state)
    wanted = tree.leaves(as_state(module, final))
    close(output, expected, "output")
    for mine, reference in zip(ends, wanted, strict=True):
        close(mine, reference, "final state")

    weight = torch.randn_like(expected)
    end_weights = [torch.randn_like(leaf) for leaf in wanted]
    for result, last in ((expected, wanted), (output, ends)):
        loss = (result * weight).sum()
        loss = loss + sum((a * b).sum() for a, b in zip(last, end_weights, strict=True))
        loss.backward()

    assert our_x.grad is not None
    assert their_x.grad is not None
    close(our_x.grad, their_x.grad, "input gradient")
    if given:
        for a, b in zip(ours, theirs, strict=True):
            assert a.grad is not None
            assert b.grad is not None
            close(a.grad, b.grad, "initial state gradient")
    for suffix, layer in recurrents(stack):
        assert str(layer.choice).startswith(engine)
        for part, kind in (("input", "ih"), ("recurrent", "hh")):
            for name in ("weight", "bias"):
                gradient = layer.cell.get_parameter(f"{part}.{name}").grad
                close(gradient, getattr(module, f"{name}_{kind}{suffix}").grad, f"{name}{suffix}")


@every_module
def test_round_trip(make: Callable[..., nn.RNNBase]) -> None:
    module = make(num_layers=2, bidirectional=True, batch_first=True, dropout=0.3).double().eval()
    back = to_torch(from_torch(module))
    assert type(back) is type(module)
    assert back.dropout == 0.3
    assert not back.training
    assert back.state_dict().keys() == module.state_dict().keys()
    for name, value in module.state_dict().items():
        assert torch.equal(back.state_dict()[name], value), name
    x = torch.randn(2, 5, F, dtype=torch.float64)
    assert torch.equal(back(x)[0], module(x)[0])


@pytest.mark.parametrize(
    "stack",
    [
        Stack([Recurrent(Jordan(3, 4, 4))]),
        Stack([Recurrent(GRU(3, 4)), Recurrent(LSTM(4, 4))]),
        Stack([Recurrent(GRU(3, 4)), Recurrent(GRU(4, 5))]),
        Stack([Recurrent(GRU(3, 4)), Recurrent(GRU(4, 4))], residual=True),
        Stack([Recurrent(RNN(3, 4)), Recurrent(RNN(4, 4, nonlinearity="relu"))]),
        Stack([Recurrent(GRU(3, 4), reverse=True)]),
        Stack(
            [
                Bidirectional(Recurrent(GRU(3, 4)), Recurrent(GRU(3, 4), reverse=True)),
                Recurrent(GRU(8, 4)),
            ]
        ),
    ],
    ids=["jordan", "cells", "sizes", "residual", "nonlinearities", "backwards", "directions"],
)
def test_what_torch_cannot_compute_is_refused(stack: Stack) -> None:
    with pytest.raises(ConfigError, match="torch has"):
        to_torch(stack)


def test_modules_without_a_cell_are_refused() -> None:
    with pytest.raises(ConfigError, match="no cell corresponds to RNNBase"):
        from_torch(nn.RNNBase("GRU", F, H))


def test_layers_in_a_stack_share_no_memory_with_the_module() -> None:
    module = nn.GRU(F, H)
    layer: Layer = from_torch(module)[0]
    assert isinstance(layer, Recurrent)
    assert layer.cell.get_parameter("input.weight").data_ptr() != module.weight_ih_l0.data_ptr()
