from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
import torch

from rnnlab.recurrence.engines.compiled.interpreted import Interpreted
from rnnlab.recurrence.engines.compiled.program import StepProgram
from tests.recurrence.engines.compiled.hand_split import (
    Split,
    by_autograd,
    case,
    elman,
    gradients_of_states,
    gru,
    lstm,
    program,
    run,
    tree,
)


@cache
def made(make: Callable[[int], Split]) -> tuple[Split, StepProgram]:
    split = make(3)
    return split, program(split)


@pytest.mark.parametrize("lengths", [False, True])
@pytest.mark.parametrize("resets", [False, True])
@pytest.mark.parametrize("make", [elman, gru, lstm, tree])
@pytest.mark.parametrize(("T", "B"), [(5, 3), (1, 2), (4, 1)])
def test_it_agrees_with_autograd(
    make: Callable[[int], Split], resets: bool, lengths: bool, T: int, B: int
) -> None:
    torch.manual_seed(T)
    split, step = made(make)
    numbers = case(split, T, B, lengths=lengths, resets=resets)
    gradients = gradients_of_states(split, T, B)
    states, expected = by_autograd(split, numbers, gradients)
    _, _, own_states, own = run(Interpreted(step), step, numbers, list(gradients))
    torch.testing.assert_close(own_states, states, rtol=0, atol=1e-10)
    torch.testing.assert_close(own, expected, rtol=0, atol=1e-10)


def test_no_gradient_is_a_gradient_of_zero() -> None:
    split, step = made(lstm)
    numbers = case(split, 4, 2)
    h, c = gradients_of_states(split, 4, 2)
    _, _, _, none = run(Interpreted(step), step, numbers, [h, None])
    _, _, _, zero = run(Interpreted(step), step, numbers, [h, torch.zeros_like(c)])
    torch.testing.assert_close(none, zero, rtol=0, atol=0)


def test_what_the_adjoint_does_not_read_may_be_missing() -> None:
    split, step = made(elman)
    numbers = case(split, 4, 2)
    lowering, constants = Interpreted(step), list(step.prologue(*numbers.weights))
    forward = lowering.forward(numbers.z, numbers.state, constants, None, None, None, save=True)
    gradients = [torch.ones(4, 2, 3, dtype=torch.float64)]
    arguments = (*forward, constants, gradients, None, None, None)
    adjoint = lowering.adjoint([None], *arguments)  # type: ignore[list-item, arg-type]
    whole = lowering.adjoint(numbers.z, *arguments)  # type: ignore[arg-type]
    torch.testing.assert_close(adjoint.deferred, whole.deferred, rtol=0, atol=0)
    assert adjoint.following == [None]


def test_nothing_is_saved_where_no_backward_pass_follows() -> None:
    split, step = made(lstm)
    numbers = case(split, 4, 2)
    constants = list(step.prologue(*numbers.weights))
    arguments = (numbers.z, numbers.state, constants, None, None, None)
    assert Interpreted(step).forward(*arguments, save=False).saved == []
