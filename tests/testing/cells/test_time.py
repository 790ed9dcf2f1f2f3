from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from rnnlab.cells import GRU, LSTM, RNN
from rnnlab.testing.cells.time import TimeRules
from rnnlab.testing.run import rules

Fused = tuple[Tensor, Tensor]


class ForgetsTheState(GRU):
    def fused(self, x: Tensor, state: Tensor, lengths: Tensor | None) -> Fused:
        return super().fused(x, torch.zeros_like(state), lengths)


class SwapsTheState(LSTM):
    def fused(self, x: Tensor, state: Fused, lengths: Tensor | None) -> tuple[Tensor, Fused]:
        output, (h, c) = super().fused(x, state, lengths)
        return output, (c, h)


class StopsGradients(GRU):
    def fused(self, x: Tensor, state: Tensor, lengths: Tensor | None) -> Fused:
        return super().fused(x, state.detach(), lengths)


class LongInSingle(GRU):
    """Saves time on long sequences."""

    def project(self, x: Tensor) -> Tensor:
        z = super().project(x)
        return z.float().to(z.dtype) if x.dim() == 3 and x.shape[1] > 8 else z


class NormalisesInput(RNN):
    def project(self, x: Tensor) -> Tensor:
        return x

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        direction = z / z.norm(dim=-1, keepdim=True)
        return super().step(self.input(direction), state)


class CutsToTheLongest(LSTM):
    def fused(self, x: Tensor, state: Fused, lengths: Tensor | None) -> tuple[Tensor, Fused]:
        output, last = super().fused(x, state, lengths)
        return output if lengths is None else output[:, : int(lengths.max())], last


class SqueezesTime(GRU):
    def fused(self, x: Tensor, state: Tensor, lengths: Tensor | None) -> Fused:
        output, last = super().fused(x, state, lengths)
        return output.squeeze(1), last


MUTANTS: list[tuple[str, type, str]] = [
    (
        "test_engines_agree_with_the_loop",
        ForgetsTheState,
        "engine fused and the loop gave different outputs",
    ),
    ("test_engines_agree_with_the_loop", SwapsTheState, "different final states"),
    ("test_engines_agree_with_the_loop", StopsGradients, "different gradients of x"),
    ("test_running_on_equals_running_through", LongInSingle, "the number of steps"),
    ("test_padding_has_no_effect", NormalisesInput, "add an epsilon"),
    ("test_both_directions_under_padding", CutsToTheLongest, "alone"),
    ("test_one_step_of_one_row", SqueezesTime, "one step and one row"),
]


@pytest.mark.parametrize(
    ("rule", "mutant", "advice"), MUTANTS, ids=[m.__name__ for _, m, _ in MUTANTS]
)
def test_a_wrong_cell_breaks_one_rule_and_is_told_what_to_change(
    failures: Callable[[type], dict[str, str]], rule: str, mutant: type, advice: str
) -> None:
    found = failures(mutant)
    assert set(found) == {rule}
    assert advice in found[rule]


def test_every_rule_has_its_mutant() -> None:
    assert {rule for rule, *_ in MUTANTS} == set(rules(TimeRules))
