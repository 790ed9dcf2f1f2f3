from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.plugins.signature import Parameter, parameters
from rnnlab.ranges import Range
from rnnlab.testing.other_values import other_values, valid_values, wrong_values


class Size(Enum):
    SMALL = 1
    LARGE = 2


class Thing:
    def __init__(
        self,
        path: Path,
        units: Annotated[int, Range(min=1000)],
        size: Size = Size.SMALL,
        kind: Literal["this", "that"] | None = "this",
        groups: int | Literal["all"] = 7,
        share: Annotated[float, Range(above=2, below=2.5)] = 2.25,
        shuffle: bool = True,
    ) -> None: ...


ARGUMENTS = {argument.name: argument for argument in parameters(Thing)}


def test_nothing_is_guessed_of_a_path() -> None:
    assert other_values(ARGUMENTS["path"]) == []


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("size", Size.LARGE, Size.SMALL),
        ("kind", "that", "this"),
        ("shuffle", False, True),
        ("share", 2.125, 2.25),
    ],
)
def test_the_default_comes_last(name: str, first: Any, last: Any) -> None:
    values = other_values(ARGUMENTS[name])
    assert values[0] == first
    assert values[-1] == last
    assert len(values) > 1


def test_neighbours_of_the_default_are_tried() -> None:
    assert {6, 8, "all"} <= set(other_values(ARGUMENTS["groups"]))


@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-3, 1e6), kind=st.sampled_from([int, float]))
def test_values_lie_within_the_range(low: float, width: float, kind: type) -> None:
    bounds = Range(above=low, below=low + width)
    values = valid_values(Parameter("x", kind, 0, bounds))
    assert all(bounds.refusal(value) is None for value in values)
    assert values or kind is int


def test_wrong_values_are_those_that_a_signature_lets_through() -> None:
    assert wrong_values(ARGUMENTS["units"]) == []
    assert wrong_values(ARGUMENTS["groups"]) == [0, -1]
    assert wrong_values(ARGUMENTS["size"]) == ["no-such-choice"]
