from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import pytest

from rnnlab.capability.arguments import arguments, converted, sized
from rnnlab.cells import GRU
from rnnlab.errors import ConfigError
from rnnlab.plugins.signature import parameters
from rnnlab.ranges import Range


class Shape(Enum):
    ROUND = 1


class Thing:
    def __init__(
        self,
        input_size: int,
        hidden_size: Annotated[int, Range(min=6)],
        share: Annotated[float, Range(above=2, below=2.5)],
        kind: Literal["this", "that"],
        count: Annotated[int, Range(min=1000)],
        flag: bool,
        shape: Shape,
        embedding_size: int = 300,
        depth: int = 3,
        pair: tuple[int, int] = (1, 2),
    ) -> None: ...


class Needy:
    def __init__(self, path: Path, name: str = "x") -> None: ...


def test_what_must_be_given_is_guessed_within_its_range() -> None:
    found = arguments(Thing, "cell")
    assert found == {
        "hidden_size": 8,
        "share": 2.25,
        "kind": "this",
        "count": 1000,
        "flag": False,
        "shape": "ROUND",
        "embedding_size": 4,
    }
    assert converted(Thing, "cell", found)["shape"] is Shape.ROUND


def test_what_is_given_is_taken() -> None:
    found = arguments(Thing, "cell", ["cell.hidden_size=12", "cell.pair=[3,4]", "cell.depth=3"])
    assert (found["hidden_size"], found["pair"], found["depth"]) == (12, [3, 4], 3)
    assert converted(Thing, "cell", found)["pair"] == (3, 4)


def test_sizes_are_those_of_the_card_unless_given() -> None:
    assert sized(GRU, "cell", 64) == {"hidden_size": 64}
    assert sized(GRU, "cell", 64, ["cell.hidden_size=5"]) == {"hidden_size": 5}
    assert "embedding_size" not in sized(Thing, "cell", 64)


def test_what_cannot_be_guessed_is_asked_for() -> None:
    with pytest.raises(ConfigError, match=r"dataset\.path: Needy needs it.*as in dataset\.path=…"):
        arguments(Needy, "dataset")
    given = arguments(Needy, "dataset", ["dataset.path=data.csv"])
    assert converted(Needy, "dataset", given) == {"path": Path("data.csv")}


@pytest.mark.parametrize(
    ("override", "why"),
    [
        ("cell.hidden_size=5", "must be >= 6"),
        ("cell.hidden_size=big", "hidden_size"),
        ("cell.kind=other", "one of this, that"),
        ("cell.hiden_size=7", "did you mean hidden_size"),
        ("cell.hidden_size", "KEY=VALUE"),
    ],
)
def test_a_wrong_override_is_refused(override: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        arguments(Thing, "cell", [override])


def test_guesses_are_accepted_by_the_signature() -> None:
    found = arguments(Thing, "cell")
    known = {parameter.name: parameter for parameter in parameters(Thing)}
    assert [name for name, value in found.items() if known[name].refusal(value)] == []
