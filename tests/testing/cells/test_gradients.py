from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from rnnlab.cells import GRU, RNN
from rnnlab.testing.cells.gradients import GradientRules
from rnnlab.testing.run import rules


class Detaches(GRU):
    def step(self, z: Tensor, state: Tensor) -> Tensor:
        gate = self.gates(z, state)
        return gate["candidate"] + gate["update"].detach() * (state - gate["candidate"])


class Halves(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(value: Tensor) -> Tensor:
        return 0.5 * value

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0]


class WrongBackward(RNN):
    def step(self, z: Tensor, state: Tensor) -> Tensor:
        halved: Tensor = Halves.apply(state)
        return super().step(z, halved)


class Idle(GRU):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.peephole = nn.Parameter(torch.zeros(hidden_size))


MUTANTS: list[tuple[str, type, str]] = [
    ("test_gradcheck", Detaches, "detach nothing"),
    ("test_gradcheck", WrongBackward, "check the backward of a torch.autograd.Function"),
    ("test_every_parameter_is_used", Idle, "no gradient reaches peephole"),
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
    assert {rule for rule, *_ in MUTANTS} == set(rules(GradientRules))
