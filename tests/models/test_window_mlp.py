from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rnnlab.errors import ConfigError
from rnnlab.models.window_mlp import WindowMLP


def by_hand(model: WindowMLP, window: list[Tensor]) -> Tensor:
    """The network applied to one window, collected input by input."""
    return model.hidden(model.input.weight @ torch.cat(window) + model.input.bias)


def window_at(x: Tensor, t: int, window: int, start: int) -> list[Tensor]:
    """Inputs t-window+1 to t of one row, zero before ``start``."""
    zero = torch.zeros_like(x[0])
    return [x[s] if s >= start else zero for s in range(t - window + 1, t + 1)]


def make(window: int, layers: int = 1) -> WindowMLP:
    torch.manual_seed(window)
    return WindowMLP(3, window=window, hidden_size=4, layers=layers).double()


@settings(deadline=None, max_examples=25)
@given(window=st.integers(1, 5), steps=st.integers(1, 7), data=st.data(), layers=st.integers(1, 2))
def test_equals_windows_collected_by_hand(
    window: int, steps: int, data: st.DataObject, layers: int
) -> None:
    model = make(window, layers)
    x = torch.randn(2, steps, 3, dtype=torch.float64)
    lengths = data.draw(st.lists(st.integers(0, steps), min_size=2, max_size=2))
    flags = data.draw(st.lists(st.booleans(), min_size=2 * steps, max_size=2 * steps))
    reset = torch.tensor(flags).reshape(2, steps)
    garbage = x.clone()
    for b, length in enumerate(lengths):
        garbage[b, length:] = torch.nan
    output, state = model(garbage, None, torch.tensor(lengths), reset)
    for b, length in enumerate(lengths):
        start = 0
        for t in range(steps):
            if t >= length:
                assert torch.equal(output[b, t], torch.zeros(4, dtype=torch.float64))
                continue
            start = t if reset[b, t] else start
            expected = by_hand(model, window_at(x[b], t, window, start))
            torch.testing.assert_close(output[b, t], expected)
        kept = window_at(x[b], length - 1, window, start)[1:]
        if window > 1:
            torch.testing.assert_close(state[b], torch.stack(kept))
    assert state.shape == (2, window - 1, 3)


@pytest.mark.parametrize("window", [1, 2, 5])
def test_step_by_step_equals_all_at_once(window: int) -> None:
    model = make(window)
    x = torch.randn(3, 6, 3, dtype=torch.float64)
    output, last = model(x)
    state = model.init_state(3)
    for t in range(6):
        step, state = model.step(x[:, t], state)
        torch.testing.assert_close(step, output[:, t])
    assert torch.equal(state, last)


@pytest.mark.parametrize("window", [1, 2, 5])
def test_carried_state_continues_the_sequence(window: int) -> None:
    model = make(window)
    x = torch.randn(3, 7, 3, dtype=torch.float64)
    whole, last = model(x)
    first, state = model(x[:, :2])
    second, state = model(x[:, 2:], state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)
    assert torch.equal(state, last)


def test_carried_state_of_padded_rows_continues_them() -> None:
    model = make(4)
    x = torch.randn(3, 6, 3, dtype=torch.float64)
    lengths = torch.tensor([5, 2, 0])
    _, state = model(x, None, lengths)
    more = torch.randn(3, 1, 3, dtype=torch.float64)
    output, _ = model(more, state)
    for b, length in enumerate(lengths.tolist()):
        row = torch.cat([x[b, :length], more[b]])[None]
        torch.testing.assert_close(output[b, 0], model(row)[0][0, -1])


def test_reset_drops_the_carried_state() -> None:
    model = make(3)
    x = torch.randn(2, 4, 3, dtype=torch.float64)
    state = torch.randn(2, 2, 3, dtype=torch.float64)
    reset = torch.tensor([[True, False, False, False], [False] * 4])
    output, _ = model(x, state, None, reset)
    torch.testing.assert_close(output[0], model(x)[0][0])
    torch.testing.assert_close(output[1], model(x, state)[0][1])


def test_padding_gives_no_gradient_and_no_nan() -> None:
    model = make(3)
    x = torch.randn(2, 5, 3, dtype=torch.float64)
    x[1, 2:] = torch.nan
    x.requires_grad_()
    output, _ = model(x, None, torch.tensor([5, 2]))
    output.square().sum().backward()
    assert torch.equal(x.grad[1, 2:], torch.zeros(3, 3, dtype=torch.float64))
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())


def test_depends_on_nothing_outside_its_window() -> None:
    model = make(3)
    x = torch.randn(1, 8, 3, dtype=torch.float64, requires_grad=True)
    model(x)[0][0, 5].sum().backward()
    touched = x.grad[0].abs().sum(1) > 0
    assert touched.tolist() == [False] * 3 + [True] * 3 + [False] * 2


@pytest.mark.parametrize(
    ("activation", "function"),
    [
        ("relu", torch.relu),
        ("tanh", torch.tanh),
        ("gelu", torch.nn.functional.gelu),
    ],
)
def test_activation(activation: str, function: object) -> None:
    model = WindowMLP(3, window=1, hidden_size=4, activation=activation)  # type: ignore[arg-type]
    x = torch.randn(2, 1, 3)
    assert callable(function)
    torch.testing.assert_close(model(x)[0], function(model.input(x)))


def test_wrong_activation_is_named() -> None:
    with pytest.raises(ConfigError, match="activation=rely: unknown; did you mean relu"):
        WindowMLP(3, activation="rely")  # type: ignore[arg-type]


def test_is_no_decoder() -> None:
    assert not WindowMLP.can_decode
    assert make(2).causal
