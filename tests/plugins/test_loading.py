from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.plugins.importing import Faulty
from rnnlab.plugins.installed import Component
from rnnlab.plugins.loading import load_class

Install = Callable[..., Path]
CELL = "from rnnlab.cells.base import Cell\nclass MGU(Cell): ...\n"


def component(target: str) -> Component:
    return Component("cell", "made_up", target, "rnnlab-a", "1.0")


def test_one_component_is_one_module(install: Install) -> None:
    files = {f"a_cells/{name}.py": CELL for name in ("one", "two")} | {"a_cells/__init__.py": ""}
    install("rnnlab-a", {}, files)
    assert load_class(component("a_cells.one:MGU")).__module__ == "a_cells.one"
    assert {name for name in sys.modules if name.startswith("a_cells")} == {
        "a_cells",
        "a_cells.one",
    }


def test_a_nested_class_and_an_extra_are_found(install: Install) -> None:
    install("rnnlab-a", {}, {"a_cells.py": CELL + "class Home:\n    inside = MGU\n"})
    assert load_class(component("a_cells:Home.inside")).__name__ == "MGU"
    assert load_class(component("a_cells : MGU [extra]")).__name__ == "MGU"


@pytest.mark.parametrize(
    ("target", "source", "why"),
    [
        ("a_cells:MGU", "import not_there", "ModuleNotFoundError: No module named 'not_there'"),
        ("a_cells:MGU", "def (", "SyntaxError: invalid syntax (a_cells.py, line 1)"),
        ("a_cells:MGU", "raise RuntimeError('boom')", "RuntimeError: boom"),
        ("a_cells:MGU", "import sys; sys.exit(0)", "SystemExit: 0"),
        ("a_cells:MGU", "class W(BaseException): ...\nraise W('x')", "W: x"),
        ("a_cells:MGU", "", "AttributeError: module 'a_cells' has no attribute 'MGU'"),
        ("a_nope:MGU", "", "ModuleNotFoundError: No module named 'a_nope'"),
        ("a_cells.sub:MGU", "", "ModuleNotFoundError: No module named 'a_cells.sub'; 'a_cells'"),
        ("a_cells:MGU", "def MGU(): ...", "offers a_cells:MGU, which is not a class"),
        ("a_cells", "", "offers a_cells, which is not a class"),
        ("a_cells:MGU", "class MGU: ...", "which is not a rnnlab.cells.base.Cell"),
    ],
)
def test_why_a_component_is_of_no_use(target: str, source: str, why: str, install: Install) -> None:
    install("rnnlab-a", {}, {"a_cells.py": source})
    with pytest.raises(Faulty) as caught:
        load_class(component(target))
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_one_for_another_rnnlab_is_not_imported(install: Install) -> None:
    install("rnnlab-a", {}, {"a_cells.py": CELL}, requires=["rnnlab>=99"])
    with pytest.raises(Faulty, match=r"^was built for another API version: it requires rnnlab>=99"):
        load_class(component("a_cells:MGU"))
    assert "a_cells" not in sys.modules
