from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any, ClassVar, Literal

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from rnnlab.cells import GRU, RNN, Cell
from rnnlab.ranges import Range
from rnnlab.testing import CellContract, run
from rnnlab.testing.cells.arguments import ArgumentRules
from rnnlab.testing.run import rules

RULE = "test_every_argument_changes_something"


class IgnoresScale(GRU):
    def __init__(self, input_size: int, hidden_size: int, scale: float = 1.0) -> None:
        super().__init__(input_size, hidden_size)


class Power(Enum):
    one = 1
    two = 2


class Many(RNN):
    """Takes every kind of argument, and each has an effect of its own."""

    def __init__(
        self,
        input_size: int,
        hidden_size: Annotated[int, Range(min=1)] = 4,
        *,
        leak: Annotated[float, Range(min=0, below=0.2)] = 0.1,
        shift: bool = False,
        squash: Literal["relu", "sigmoid"] | None = None,
        groups: int | Literal["all"] = 2,
        drop: Annotated[float, Range(min=0, max=1)] = 0.0,
        frozen: bool = False,
        power: Power = Power.one,
        bound: float | None = None,
        start: Annotated[float, Range(above=10)] = 11.0,
    ) -> None:
        super().__init__(input_size, hidden_size)
        groups = hidden_size if groups == "all" else groups
        if hidden_size % groups:
            raise ValueError("groups must divide hidden_size")
        self.leak, self.shift, self.squash, self.drop = leak, shift, squash, drop
        self.groups, self.bound, self.start = groups, bound, start
        self.gate_ranges = {}  # type: ignore[misc]
        self.power = power.value
        self.recurrent.requires_grad_(not frozen)

    def init_state(self, batch_size: int) -> Tensor:
        return super().init_state(batch_size) + self.start / 100

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        h = self.leak * state + super().step(z, state) + float(self.shift)
        h = h.unflatten(-1, (self.groups, -1)).softmax(-1).flatten(-2)
        h = h if self.squash is None else getattr(torch, self.squash)(h - 0.2)
        h = h**self.power
        h = h if self.bound is None else h.clamp(max=self.bound)
        return F.dropout(h, self.drop, self.training)

    def gates(self, z: Tensor, state: Tensor) -> dict[str, Tensor]:
        return {}


class Named(RNN):
    """Its text and its pair cannot be guessed, and ``clip`` matters only beside ``clips``."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int = 4,
        name: str = "one",
        pair: tuple[float, float] = (0.0, 1.0),
        clips: bool = False,
        clip: Annotated[float, Range(above=0)] = 1.0,
    ) -> None:
        super().__init__(input_size, hidden_size)
        self.scale = {"one": 1.0, "two": 2.0}[name] * pair[1] + pair[0]
        self.clip = clip if clips else None

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        h = super().step(z, self.scale * state)
        return h if self.clip is None else h.clamp(-self.clip, self.clip)


def reason_of(contract: type[CellContract]) -> str | None:
    failed = {o.rule: o.reason for o in run(contract) if o.verdict == "failed"}
    assert set(failed) <= {RULE}
    return failed.get(RULE)


class NamedContract(CellContract):
    def make_cell(self, input_size: int, **arguments: Any) -> Cell:
        return Named(input_size, **arguments)


def test_an_idle_argument(failures: Any) -> None:
    found = failures(IgnoresScale)
    assert set(found) == {RULE}
    assert found[RULE].startswith("argument scale changes nothing (tried 0.5, 0.25")
    assert {RULE} == set(rules(ArgumentRules))


def test_a_contract_that_passes_no_arguments_on() -> None:
    class Contract(CellContract):
        def make_cell(self, input_size: int, **arguments: Any) -> Cell:
            return GRU(input_size, 4)

    reason = reason_of(Contract)
    assert reason is not None
    assert "make_cell must pass **arguments on to the constructor" in reason


def test_every_kind_of_argument() -> None:
    class Contract(CellContract):
        def make_cell(self, input_size: int, **arguments: Any) -> Cell:
            return Many(input_size, **arguments)

    assert reason_of(Contract) is None


def test_what_cannot_be_guessed_is_asked_for() -> None:
    reason = reason_of(NamedContract)
    assert reason is not None
    name, pair, clip = reason.split("; no other")[0], reason.split("; ")[1], reason
    assert name.startswith("no other value of argument name could be tried: name one")
    assert pair.startswith("no other value of argument pair could be tried")
    assert "argument clip changes nothing" in clip
    assert "beside = {'clip': {...}}" in clip


def test_what_is_named_is_tried() -> None:
    class Contract(NamedContract):
        other_values: ClassVar[Mapping[str, Any]] = {"name": "two", "pair": (0.5, 1.0)}
        beside: ClassVar[Mapping[str, Mapping[str, Any]]] = {
            "clip": {"clips": True},
            "clips": {"clip": 0.1},
        }

    assert reason_of(Contract) is None


def test_a_value_that_is_refused_is_shown() -> None:
    class Contract(NamedContract):
        other_values: ClassVar[Mapping[str, Any]] = {"name": "three", "pair": (0.5, 0.5)}

    reason = reason_of(Contract)
    assert reason is not None
    assert reason.startswith("no other value of argument name could be tried ('three')")


def test_an_unknown_argument_is_told() -> None:
    class Contract(NamedContract):
        other_values: ClassVar[Mapping[str, Any]] = {"nmae": "two"}

    reason = reason_of(Contract)
    assert reason is not None
    assert "names nmae, which the constructor does not take" in reason


@pytest.mark.parametrize("seed", [1, 2])
def test_the_user_s_generator_is_left_alone(seed: int) -> None:
    torch.manual_seed(seed)
    before = torch.get_rng_state()
    run(NamedContract)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_default_dtype() == torch.float32
