from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest
import torch
from torch import Tensor, nn

from rnnlab.cells import AffineCell
from rnnlab.ranges import Range
from rnnlab.testing.cells.affine import AffineRules
from rnnlab.testing.run import rules


class Leaky(AffineCell):
    """A right one: each unit keeps a share that the input decides."""

    def __init__(self, input_size: int, hidden_size: Annotated[int, Range(min=1)]) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, hidden_size
        self.input = nn.Linear(input_size, 2 * hidden_size)

    def init_state(self, batch_size: int) -> Tensor:
        return self.input.weight.new_zeros(batch_size, self.output_size)

    def project(self, x: Tensor) -> Tensor:
        z: Tensor = self.input(x)
        return z

    def coefficients(self, z: Tensor) -> tuple[Tensor, Tensor]:
        keep, new = z.chunk(2, -1)
        return keep.sigmoid(), (-keep).sigmoid() * new


class OverTime(Leaky):
    def coefficients(self, z: Tensor) -> tuple[Tensor, Tensor]:
        a, b = super().coefficients(z)
        return a.softmax(1), b


class NotExpanded(Leaky):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.rate = nn.Parameter(torch.rand(hidden_size))

    def coefficients(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return self.rate, super().coefficients(z)[1]


class OwnStep(Leaky):
    def step(self, z: Tensor, state: Tensor) -> Tensor:
        a, b = self.coefficients(z)
        return b + state * a


MUTANTS: list[tuple[str, type, str]] = [
    ("test_affine_coefficients_act_on_leading_axes_only", OverTime, "a of coefficients for all"),
    (
        "test_affine_coefficients_act_on_leading_axes_only",
        NotExpanded,
        "expand what does not depend on the input",
    ),
    ("test_affine_step_is_not_overridden", OwnStep, "write coefficients alone"),
]


def test_a_right_one(failures: Any) -> None:
    assert failures(Leaky) == {}


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
    assert {rule for rule, *_ in MUTANTS} == set(rules(AffineRules))
