from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from rnnlab.plugins.annotation import alternatives, fits, words
from rnnlab.ranges import Range


class Color(Enum):
    red = 1


@pytest.mark.parametrize(
    ("annotation", "accepted", "refused", "said"),
    [
        (int, 1, True, "an integer"),
        (float, 1, "1", "a number"),
        (bool, False, 0, "true or false"),
        (Literal[1, None], 1, True, "one of 1, null"),
        (Color, "red", "blue", "one of red"),
        (Path, "a/b", 1, "a path"),
        (dict[str, int], {"a": 1}, [1], "a mapping"),
        (tuple[int, int], [1, 2], [1], "a list of 2 integers"),
        (tuple[float, ...], [], ["a"], "a list of numbers"),
        (list[Annotated[float, Range(above=0)]], [0.1], [0.0], "a list of numbers > 0"),
    ],
    ids=str,
)
def test_what_a_type_accepts(annotation: Any, accepted: Any, refused: Any, said: str) -> None:
    assert fits(accepted, annotation)
    assert not fits(refused, annotation)
    assert words(annotation) == said


def test_the_members_of_a_union() -> None:
    assert alternatives(int | None) == (int, type(None))
    assert alternatives(Mapping) == (Mapping,)
