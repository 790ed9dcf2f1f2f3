from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from rnnlab.cells import GRU, RNN
from rnnlab.testing.cells.devices import DeviceRules
from rnnlab.testing.run import rules


class OnesOnTheCPU(RNN):
    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return super().step(z, state * torch.ones(self.output_size, dtype=state.dtype))


class StartsOnTheCPU(RNN):
    def init_state(self, batch_size: int) -> Tensor:
        return torch.zeros(batch_size, self.output_size, dtype=self.input.weight.dtype)


class LooksAtValues(GRU):
    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return super().step(z, state) if float(z.detach().max()) < 1e6 else state


class Narrows(RNN):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return (z + self.recurrent(state)).tanh()


class Overflows(RNN):
    """Goes by way of float16 where autocast is on."""

    def readout(self, state: Tensor, z: Tensor) -> Tensor:
        on = torch.is_autocast_enabled("cpu")
        return (state.half() * 1e6).to(state.dtype) / 1e6 if on else state


MUTANTS: list[tuple[str, type, str]] = [
    ("test_other_devices", OnesOnTheCPU, "weight.new_zeros"),
    ("test_other_devices", StartsOnTheCPU, "init_state made a tensor on the CPU"),
    ("test_other_devices", LooksAtValues, "no .item()"),
    ("test_autocast_keeps_the_dtype_of_the_state", Narrows, "h.to(state.dtype)"),
    ("test_autocast_keeps_the_dtype_of_the_state", Overflows, "NaN or infinite under bfloat16"),
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
    assert {rule for rule, *_ in MUTANTS} == set(rules(DeviceRules))
