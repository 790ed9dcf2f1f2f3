from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from torch import Tensor

from rnnlab.cells import GRU, LSTM, RNN, Retention
from rnnlab.ranges import Range
from rnnlab.testing.cells.gates import GateRules
from rnnlab.testing.run import rules


class ReturnsAList(GRU):
    def gates(self, z: Tensor, state: Tensor) -> Any:
        return list(super().gates(z, state).values())

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        _, update, candidate = self.gates(z, state)
        return candidate + update * (state - candidate)


class OneForAll(GRU):
    def gates(self, z: Tensor, state: Tensor) -> dict[str, Tensor]:
        return {**super().gates(z, state), "bias": self.recurrent.bias.sigmoid()}


class Undeclared(LSTM):
    gate_ranges: ClassVar[dict[str, Range]] = {}


class Unbounded(RNN):
    def gates(self, z: Tensor, state: Tensor) -> dict[str, Tensor]:
        return {**super().gates(z, state), "size": z.abs() / 100}


class Misspelt(LSTM):
    gate_ranges: ClassVar[dict[str, Range]] = {"candidat": Range(min=-1, max=1)}


class KeepsByNothing(LSTM):
    retention: ClassVar[Retention] = Retention("forgot")


class KeepsByCandidate(GRU):
    retention: ClassVar[Retention] = Retention("candidate")


MUTANTS: list[tuple[str, type, str]] = [
    ("test_gates_have_a_row_for_each_example", ReturnsAList, "must return a dict"),
    ("test_gates_have_a_row_for_each_example", OneForAll, "gate bias is float64(12,)"),
    ("test_gates_lie_in_their_range", Undeclared, "declare gate_ranges = {'candidate': Range("),
    ("test_gates_lie_in_their_range", Unbounded, "for inputs of size 1000"),
    ("test_gate_ranges_name_gates", Misspelt, "gate_ranges names candidat, and gates returns"),
    ("test_retention_names_a_gate", KeepsByNothing, "retention names forgot, and gates returns"),
    ("test_retention_names_a_gate", KeepsByCandidate, "retention names candidate, whose range is"),
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
    assert {rule for rule, *_ in MUTANTS} == set(rules(GateRules))
