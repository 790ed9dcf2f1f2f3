from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from rnnlab.cells import GRU, RNN
from rnnlab.testing.cells.copies import CopyRules
from rnnlab.testing.run import rules


class DrawnScale(RNN):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.scale = float(torch.rand(()))

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return super().step(z, self.scale * state)


class NotPersistent(RNN):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.scale: Tensor
        self.register_buffer("scale", torch.rand(hidden_size), persistent=False)

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return super().step(z, self.scale * state)


class KeepsComputed(GRU):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.example = 2 * self.recurrent.weight


class KeepsLambda(GRU):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.squash = lambda total: total.tanh()


class SumsInPlace(RNN):
    def step(self, z: Tensor, state: Tensor) -> Tensor:
        total = torch.zeros(state.shape, dtype=state.dtype, device=state.device)
        total += super().step(z, state)
        return total


MUTANTS: list[tuple[str, type, str]] = [
    ("test_state_dict_round_trip", DrawnScale, "must be an nn.Parameter or a buffer"),
    ("test_state_dict_round_trip", NotPersistent, "persistent"),
    ("test_deepcopy", KeepsComputed, "keep no tensor on self that is computed"),
    ("test_pickle", KeepsLambda, "no lambda"),
    ("test_vmap_equals_a_loop_over_members", SumsInPlace, "change no fresh tensor in place"),
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
    assert {rule for rule, *_ in MUTANTS} == set(rules(CopyRules))
