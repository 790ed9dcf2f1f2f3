from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from rnnlab.cells import GRU, LSTM, RNN
from rnnlab.testing.cells.form import FormRules
from rnnlab.testing.run import rules


class NoCell(nn.Linear):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)


class Unsized(GRU):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.input_size = 7


class OneStateForAll(GRU):
    def init_state(self, batch_size: int) -> Tensor:
        return self.input.weight.new_zeros(self.output_size)


class LayersFirst(GRU):
    def init_state(self, batch_size: int) -> Tensor:
        return super().init_state(batch_size).unsqueeze(0)

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return super().step(z, state[0]).unsqueeze(0)


class NoState(GRU):
    def init_state(self, batch_size: int) -> Any:
        return None


class RandomStart(GRU):
    def init_state(self, batch_size: int) -> Tensor:
        return torch.randn_like(super().init_state(batch_size))


class MixesSteps(GRU):
    def project(self, x: Tensor) -> Tensor:
        z = super().project(x)
        return z - z.mean(1, keepdim=True) if z.dim() == 3 else z


class WrongAxis(RNN):
    def project(self, x: Tensor) -> Tensor:
        return super().project(x).softmax(1)


class Squeezes(RNN):
    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return super().step(z, state).squeeze()


class ListForTuple(LSTM):
    def step(self, z: Tensor, state: tuple[Tensor, Tensor]) -> Any:
        return list(super().step(z, state))


class CountsInPython(RNN):
    def init_state(self, batch_size: int) -> Any:
        return super().init_state(batch_size), 0

    def step(self, z: Tensor, state: Any) -> Any:
        return super().step(z, state[0]), state[1] + 1

    def gates(self, z: Tensor, state: Any) -> dict[str, Tensor]:
        return {}


class Promotes(RNN):
    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return super().step(z, state).double()


class OverTime(RNN):
    def readout(self, state: Tensor, z: Tensor) -> Tensor:
        return state.softmax(1)


class LastOnly(RNN):
    def readout(self, state: Tensor, z: Tensor) -> Tensor:
        return state[:, -1] if state.dim() == 3 else state


class WrongSize(GRU):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.hidden_size = hidden_size
        self.output_size = hidden_size + 1

    def init_state(self, batch_size: int) -> Tensor:
        return self.input.weight.new_zeros(batch_size, self.input.out_features // 3)


class StartsInSingle(GRU):
    def init_state(self, batch_size: int) -> Tensor:
        return torch.zeros(batch_size, self.output_size)


class CastsToSingle(GRU):
    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return super().step(z, state).float()


class ReadsInSingle(GRU):
    def readout(self, state: Tensor, z: Tensor) -> Tensor:
        return state.float()


MUTANTS: list[tuple[str, type, str]] = [
    ("test_make_cell_makes_a_cell", NoCell, "must return a rnnlab.cells.Cell"),
    ("test_make_cell_makes_a_cell", Unsized, "set self.input_size"),
    (
        "test_init_state_has_a_row_for_each_example",
        OneStateForAll,
        "init_state(1) returned float32(4,): the first axis of every leaf must be the batch, 1",
    ),
    ("test_init_state_has_a_row_for_each_example", LayersFirst, "must be the batch, 3"),
    ("test_init_state_has_a_row_for_each_example", NoState, "there is no tensor"),
    ("test_init_state_has_a_row_for_each_example", RandomStart, "draw nothing at random in it"),
    ("test_project_acts_on_leading_axes_only", MixesSteps, "let nothing mix steps"),
    ("test_project_acts_on_leading_axes_only", WrongAxis, "use dim=-1"),
    ("test_step_keeps_the_form_of_the_state", Squeezes, "no squeeze() without a dim"),
    (
        "test_step_keeps_the_form_of_the_state",
        ListForTuple,
        "step made [float32(1, 4), float32(1, 4)] of (float32(1, 4), float32(1, 4))",
    ),
    ("test_step_keeps_the_form_of_the_state", CountsInPython, "what changes must be a tensor"),
    ("test_step_keeps_the_form_of_the_state", Promotes, "keep shape and dtype"),
    ("test_readout_acts_on_leading_axes_only", OverTime, "must treat every step by itself"),
    ("test_readout_acts_on_leading_axes_only", LastOnly, "must keep the leading axes (B, T)"),
    ("test_readout_has_output_size", WrongSize, "where output_size says (2, 5)"),
    ("test_float64", StartsInSingle, "weight.new_zeros"),
    ("test_float64", CastsToSingle, "step of a cell in float64 returned float32(2, 4)"),
    ("test_float64", ReadsInSingle, "readout of a cell in float64 returned float32(2, 4)"),
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
    assert {rule for rule, *_ in MUTANTS} == set(rules(FormRules))
