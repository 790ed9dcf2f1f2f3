from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import torch

from rnnlab.plugins.signature import Parameter, parameters
from rnnlab.ranges import Range

Count = Annotated[int, Range(min=1)]


class Everything:
    def __init__(
        self,
        needed: str,
        count: Count = 3,
        maybe: Count | None = None,
        rate: Annotated[float | None, Range(above=0, max=1)] = 0.5,
        flag: bool = False,
        shape: Literal["tanh", "relu"] = "tanh",
        mixed: int | Literal["auto"] = "auto",
        sizes: list[int] = [1],  # noqa: B006
        pair: tuple[float, float] = (0.9, 0.99),
        many: tuple[int, ...] = (),
        steps: Iterable[int] = (),
        table: Mapping[str, int] | None = None,
        tensor: float | torch.Tensor = 0.1,
        free: Any = None,
        *rest: int,
        last: int = 0,
        **more: int,
    ) -> None: ...


FOUND = {parameter.name: parameter for parameter in parameters(Everything)}


def test_arguments_in_order_without_star_arguments() -> None:
    assert list(FOUND)[:2] == ["needed", "count"]
    assert "last" in FOUND
    assert not {"self", "rest", "more"} & set(FOUND)
    assert next(each.name for each in parameters(Everything, without=["needed"])) == "count"


def test_only_arguments_without_default_are_required() -> None:
    assert [name for name, each in FOUND.items() if each.required] == ["needed"]


def test_a_class_without_constructor_takes_nothing() -> None:
    class Plain:
        pass

    assert parameters(Plain) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("needed", "a text"),
        ("count", "an integer >= 1"),
        ("maybe", "an integer >= 1 or null"),
        ("rate", "a number > 0 and <= 1 or null"),
        ("flag", "true or false"),
        ("shape", "one of tanh, relu"),
        ("mixed", "an integer or one of auto"),
        ("sizes", "a list of integers"),
        ("pair", "a list of 2 numbers"),
        ("many", "a list of integers"),
        ("table", "a mapping or null"),
        ("tensor", "a number"),
    ],
)
def test_types_in_words(name: str, words: str) -> None:
    assert FOUND[name].describe() == words


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("needed", ["x", ""], [1, None, True]),
        ("count", [1, 10**9], [0, -1, 1.5, "1", True, None]),
        ("maybe", [None, 1], [0, "x"]),
        ("rate", [None, 1, 0.1], [0, 1.1, float("nan"), "x", False]),
        ("flag", [True, False], [0, "true", None]),
        ("shape", ["tanh", "relu"], ["sin", None, 1]),
        ("mixed", ["auto", 3], ["other", 1.5]),
        ("sizes", [[], [1, 2]], [[1.5], ["a"], 3, "12"]),
        ("pair", [[0.1, 1]], [[0.1], [1, 2, 3], ["a", 1]]),
        ("many", [[], [1, 2, 3]], [[1.5]]),
        ("steps", [[1, 2]], [5, ["a"]]),
        ("table", [None, {"a": 1}], [[1]]),
        ("tensor", [1, 0.5], ["x", None]),
        ("free", [None, 1, "x", [1]], []),
    ],
)
def test_values_are_accepted_or_refused(name: str, good: list[Any], bad: list[Any]) -> None:
    assert [value for value in good if FOUND[name].refusal(value) is not None] == []
    assert [value for value in bad if FOUND[name].refusal(value) is None] == []


def test_nan_is_refused_without_any_range() -> None:
    assert FOUND["tensor"].refusal(float("nan")) is not None


def test_choices_are_those_of_a_literal() -> None:
    assert FOUND["shape"].choices == ("tanh", "relu")
    assert FOUND["mixed"].choices == ()
    assert FOUND["count"].choices == ()


def test_types_that_cannot_be_resolved_are_not_checked() -> None:
    class Hidden:
        def __init__(self, other: Unknown, size: int = 2) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    found = parameters(Hidden)
    assert [(each.name, each.type) for each in found] == [("other", Any), ("size", int)]
    assert found[0].refusal(object()) is None
    assert found[1].refusal("many") == "must be an integer"


def test_a_parameter_can_be_made_by_hand() -> None:
    alone = Parameter("x", int, inspect.Parameter.empty)
    assert alone.required
    assert alone.refusal("y") == "must be an integer"


class Color(Enum):
    red = 1
    blue = 2


class Places:
    def __init__(
        self,
        color: Color = Color.red,
        path: Path = Path("here"),
        other: Path | None = None,
        pair: tuple[int, int] = (1, 2),
        counts: Iterable[Count] = (1,),
    ) -> None: ...


PLACES = {parameter.name: parameter for parameter in parameters(Places)}


def test_an_enum_is_written_by_the_names_of_its_members() -> None:
    color = PLACES["color"]
    assert (color.plain_default, color.choices) == ("red", ("red", "blue"))
    assert color.describe() == "one of red, blue"
    assert color.refusal("blue") is None
    assert color.refusal("green") == "must be one of red, blue"
    assert color.convert("blue") is Color.blue


def test_a_path_is_written_as_text() -> None:
    assert PLACES["path"].plain_default == "here"
    assert PLACES["path"].describe() == "a path"
    assert PLACES["path"].refusal(3) == "must be a path"
    assert PLACES["path"].convert("there") == Path("there")
    assert PLACES["other"].convert(None) is None
    assert PLACES["other"].describe() == "a path or null"


def test_a_tuple_is_given_as_one() -> None:
    assert PLACES["pair"].convert([3, 4]) == (3, 4)
    assert FOUND["sizes"].convert([3, 4]) == [3, 4]


def test_a_range_of_items_is_checked() -> None:
    assert PLACES["counts"].refusal([1, 2]) is None
    assert PLACES["counts"].refusal([1, 0]) == "must be a list of integers >= 1"


def test_keyword_arguments_are_those_of_the_base_that_gets_them() -> None:
    class Child(Places):
        def __init__(self, extra: int, path: str = "mine", **more: Any) -> None: ...

    class Grandchild(Child):
        pass

    class Closed(Child):
        def __init__(self, only: int) -> None: ...

    names = ["extra", "path", "color", "other", "pair", "counts"]
    assert [parameter.name for parameter in parameters(Child)] == names
    assert [parameter.name for parameter in parameters(Grandchild)] == names
    assert parameters(Child)[1].default == "mine"
    assert [parameter.name for parameter in parameters(Closed)] == ["only"]


def test_a_dataclass_makes_its_defaults() -> None:
    @dataclass
    class Sizes:
        first: int
        sizes: list[int] = field(default_factory=lambda: [1, 2])

    assert [parameter.required for parameter in parameters(Sizes)] == [True, False]
    assert parameters(Sizes)[1].default == [1, 2]
