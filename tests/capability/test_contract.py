from __future__ import annotations

from torch import Tensor

from rnnlab.capability.contract import contract
from rnnlab.cells import RNN
from rnnlab.testing import run


class Labelled(RNN):
    """Has an argument of which no other value can be guessed, and one without effect."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int = 3,
        label="a",
        idle: bool = False,  # type: ignore[no-untyped-def]
    ) -> None:
        super().__init__(input_size, hidden_size)

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return super().step(z, state)


class Right(Labelled):
    """Has no argument without effect."""

    def __init__(self, input_size: int, hidden_size: int = 3, label="a") -> None:  # type: ignore[no-untyped-def]
        super().__init__(input_size, hidden_size)


def failed(cls: type) -> dict[str, str]:
    outcomes = run(contract(cls, "cell", {"hidden_size": 3}))
    return {item.rule: item.reason for item in outcomes if item.verdict == "failed"}


def test_what_cannot_be_guessed_is_left_to_the_package_s_own_tests() -> None:
    assert failed(Right) == {}


def test_an_argument_without_effect_is_found() -> None:
    found = failed(Labelled)
    assert list(found) == ["test_every_argument_changes_something"]
    assert "argument idle changes nothing" in found["test_every_argument_changes_something"]
    assert "label" not in found["test_every_argument_changes_something"]
