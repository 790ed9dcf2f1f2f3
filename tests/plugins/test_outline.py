from __future__ import annotations

import inspect
import sys
from pathlib import Path

import pytest

from rnnlab.plugins import discovery
from rnnlab.plugins.discovery import Component
from rnnlab.plugins.nodes import configurable
from rnnlab.plugins.outline import Outline, outline


def test_an_outline_needs_no_import(stranger: Path) -> None:
    found = outline(discovery.find("cell", "leaky"))
    assert found.summary == "Leaky integrator, for tests."
    assert found.arguments["shape"] == ["tanh", "relu"]
    assert found.arguments["bias"] == ["true", "false"]
    assert found.arguments["hidden_size"] == []
    assert "input_size" not in found.arguments
    assert not [name for name in sys.modules if name.startswith("stranger_")]


@pytest.mark.parametrize(
    "target", ["stranger_cells:Leaky", "stranger_cells.leaky:Leaky", "stranger_reexport:Cell"]
)
def test_reexports_are_followed(stranger: Path, target: str) -> None:
    (stranger / "stranger_reexport.py").write_text("from stranger_cells import Leaky as Cell\n")
    component = Component("cell", "x", target, "d", "1")
    assert outline(component).summary == "Leaky integrator, for tests."


@pytest.mark.parametrize(
    "target", ["nowhere:Cell", "stranger_cells.nope:Leaky", "stranger_cells:Nope", "sys:path"]
)
def test_what_cannot_be_found_is_empty(stranger: Path, target: str) -> None:
    assert outline(Component("cell", "x", target, "d", "1")) == Outline()


def test_a_syntax_error_is_empty(stranger: Path) -> None:
    (stranger / "stranger_broken.py").write_text("class Cell(:\n")
    assert outline(discovery.find("cell", "broken")) == Outline()


@pytest.mark.parametrize("name", ["gru", "jordan", "lstm", "rnn"])
def test_the_source_says_what_the_class_says(name: str) -> None:
    cls = discovery.load("cell", name)
    found = outline(discovery.find("cell", name))
    assert found.summary == inspect.getdoc(cls).partition("\n")[0]  # type: ignore[union-attr]
    assert list(found.arguments) == [each.name for each in configurable(cls, "cell")]
