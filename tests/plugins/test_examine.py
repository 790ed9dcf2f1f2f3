from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.plugins import discovery
from rnnlab.plugins.examine import examine, examine_and_remember
from rnnlab.plugins.importing import Faulty
from rnnlab.plugins.installed import Component
from rnnlab.plugins.outline import outline
from rnnlab.plugins.verdicts import Verdict, known

Install = Callable[..., Path]
MADE = """
from typing import Literal
from rnnlab.cells.base import Cell

def make(word):
    class Made(Cell):
        def __init__(self, input_size: int, size: int = 4, kind: Literal["p", "q"] = "p",
                     bias: bool = True) -> None: ...
    Made.__doc__ = f"Made with {word}.\\n\\nMore."
    return Made

Tanh = make("tanh")
"""


def component(target: str) -> Component:
    return Component("cell", "made", target, "rnnlab-a", "1.0")


def test_a_class_without_source_is_known_from_its_import(install: Install) -> None:
    install("rnnlab-a", {}, {"a_cells.py": MADE})
    made = component("a_cells:Tanh")
    assert outline(made).arguments == {}
    config = examine_and_remember(made).config
    # Its own name leads nowhere; the entry point's does.
    assert config == {"_target_": "a_cells.Tanh", "size": 4, "kind": "p", "bias": True}
    assert outline(made).summary == "Made with tanh."
    assert outline(made).arguments == {"size": [], "kind": ["p", "q"], "bias": ["true", "false"]}


ODD = "from rnnlab.cells.base import Cell\nclass Odd(Cell):\n    def __init__(self, {}): ...\n"


@pytest.mark.parametrize("text", ["int |", "exit()", "Unknown", "1 / 0"])
def test_an_annotation_that_is_no_type_leaves_its_argument_unchecked(
    install: Install, text: str
) -> None:
    install("rnnlab-a", {}, {"a_cells.py": ODD.format(f"size: '{text}' = 1")})
    assert examine(component("a_cells:Odd")).config.size == 1


def test_a_default_of_another_type_gives_no_config(install: Install) -> None:
    install("rnnlab-a", {}, {"a_cells.py": ODD.format("size: int = 'many'")})
    with pytest.raises(
        Faulty, match=r"^offers a_cells:Odd, whose signature gives no config: Valid"
    ):
        examine(component("a_cells:Odd"))


def test_what_is_broken_is_kept_too(install: Install) -> None:
    install("rnnlab-a", {}, {"a_cells.py": "raise RuntimeError('boom')"})
    with pytest.raises(Faulty):
        examine_and_remember(component("a_cells:X"))
    assert known(component("a_cells:X")) == Verdict(
        "cannot be imported (a_cells:X): RuntimeError: boom"
    )


def test_of_the_core_nothing_is_kept(install: Install) -> None:
    gru = discovery.find("cell", "gru")
    assert examine_and_remember(gru).verdict.arguments
    assert known(gru) is None
