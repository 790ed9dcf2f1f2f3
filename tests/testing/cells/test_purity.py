from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rnnlab.cells import GRU, LSTM, RNN
from rnnlab.testing.cells.purity import PurityRules
from rnnlab.testing.run import rules


class DecaysInPlace(LSTM):
    def step(self, z: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        state[1].mul_(0.9)
        return super().step(z, state)


class ShiftsInput(RNN):
    def project(self, x: Tensor) -> Tensor:
        x -= 0.5
        return super().project(x)


class ReadsOutInPlace(RNN):
    def readout(self, state: Tensor, z: Tensor) -> Tensor:
        return state.detach().clamp_(max=0.0)


class GatesInPlace(RNN):
    def gates(self, z: Tensor, state: Tensor) -> dict[str, Tensor]:
        z += 1
        return super().gates(z, state)


class KeepsLast(GRU):
    def step(self, z: Tensor, state: Tensor) -> Tensor:
        self.last = super().step(z, state)
        return self.last


class GatesKeepLast(RNN):
    def gates(self, z: Tensor, state: Tensor) -> dict[str, Tensor]:
        self.shown = super().gates(z, state)
        return self.shown


class UsesLast(GRU):
    last: Tensor | None = None

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        h = super().step(z, state)
        if self.last is not None and self.last.shape == h.shape:
            h = h + 0.1 * self.last
        self.last = h.detach()
        return h


class Counts(GRU):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.calls: list[int] = []

    def project(self, x: Tensor) -> Tensor:
        self.calls.append(1)
        return super().project(x)


class Normalises(RNN):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.norm = nn.BatchNorm1d(hidden_size)

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return self.norm(super().step(z, state))


class AlwaysDrops(RNN):
    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return F.dropout(super().step(z, state), 0.5)


class Centres(GRU):
    def step(self, z: Tensor, state: Tensor) -> Tensor:
        h = super().step(z, state)
        return h - h.mean(0)


class CentresInput(RNN):
    def project(self, x: Tensor) -> Tensor:
        return super().project(x - x.mean(0))


class CentresOutput(RNN):
    def readout(self, state: Tensor, z: Tensor) -> Tensor:
        return state - state.mean(0)


class ShakesByPython(RNN):
    def step(self, z: Tensor, state: Tensor) -> Tensor:
        h = super().step(z, state)
        return h * random.random() if self.training else h


class DrawnByNumpy(RNN):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        drawn = np.random.default_rng().normal(size=self.recurrent.weight.shape)
        self.recurrent.weight.data = torch.as_tensor(drawn, dtype=torch.float32)


MUTANTS: list[tuple[str, type, str]] = [
    ("test_inputs_are_not_changed", DecaysInPlace, "step changed one of its arguments"),
    ("test_inputs_are_not_changed", ShiftsInput, "project changed one of its arguments"),
    ("test_inputs_are_not_changed", ReadsOutInPlace, "readout changed one of its arguments"),
    ("test_inputs_are_not_changed", GatesInPlace, "gates changed one of its arguments"),
    ("test_step_is_pure", KeepsLast, "set last: keep nothing on self"),
    ("test_step_is_pure", GatesKeepLast, "set shown: keep nothing on self"),
    ("test_step_is_pure", UsesLast, "put what has to be remembered into the state"),
    ("test_step_is_pure", Counts, "set calls: keep nothing on self"),
    ("test_step_is_pure", Normalises, "running statistics"),
    ("test_step_is_pure", AlwaysDrops, "draw at random only if self.training"),
    ("test_rows_do_not_meet", Centres, "step of row 0 alone"),
    ("test_rows_do_not_meet", CentresInput, "project of row 0 alone"),
    ("test_rows_do_not_meet", CentresOutput, "readout of row 0 alone"),
    ("test_randomness_is_torch_s", ShakesByPython, "draw with torch"),
    ("test_the_seed_gives_the_weights", DrawnByNumpy, "draw them with torch"),
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
    assert {rule for rule, *_ in MUTANTS} == set(rules(PurityRules))
