"""A text comes out of every file as it went in by the command line."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from hypothesis import example, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from rnnlab.config.check import checked
from rnnlab.config.flags import answer
from rnnlab.config.override import override
from rnnlab.config.stored import read_stored
from rnnlab.tracking.params import flatten

ODD = [
    "=",
    ",",
    "'",
    '"',
    " ",
    "\n",
    "\t",
    "\r",
    "${",
    "${seed}",
    "}",
    "\\",
    "\\\\",
    "#",
    ": ",
    "- ",
]
ODD += ["é", "e\u0301", "ש", "学", "🙂", "\u2028", "\ufeff", "[", "{", *"~+%&*ab"]
WHOLE = ["", "null", "true", "yes", "1", "1e3", "1_000", "0x10", ".nan", "2020-01-01", "1:30"]
TEXTS = st.one_of(
    st.lists(st.sampled_from(ODD), max_size=8).map("".join),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x85")),
    st.sampled_from(WHOLE),
)


def literal(text: str) -> str:
    r"""Write a text as OmegaConf reads it: ``\${`` is no interpolation."""
    return re.sub(r"(\\*)\$\{", lambda found: rf"{2 * found[1]}\${{", text)


def quoted(text: str) -> str:
    """Write a text as a value of an override, in Hydra's quotes."""
    inside = re.sub(r"(\\*)('|$(?!\n))", lambda found: 2 * found[1] + found[2], literal(text))
    return "'" + re.sub(r"'", r"\\'", inside) + "'"


@settings(max_examples=40, deadline=None)
@example("${${")
@example("\\${${a}}")
@given(TEXTS.filter(lambda text: text != "???"))
def test_from_the_command_line_into_files_and_back(text: str) -> None:
    item = f"tracking.uri={quoted(text)}"
    config = checked([item])
    assert config.tracking.uri == text
    with tempfile.TemporaryDirectory() as folder:
        OmegaConf.save(config, Path(folder) / "config.yaml")
        stored = read_stored(Path(folder) / "config.yaml")
    assert stored.tracking.uri == text
    assert stored == config
    shown: Any = OmegaConf.create(answer([item, "--cfg", "job"]) or "")
    assert shown.tracking.uri == text
    plain: Any = OmegaConf.to_container(config, resolve=False)
    assert flatten(plain)["tracking.uri"] == literal(text)
    assert override(config, [item]).tracking.uri == text


@settings(max_examples=100, deadline=None)
@given(TEXTS.filter(lambda text: text != "???"))
def test_through_a_file_alone(text: str) -> None:
    config = OmegaConf.create({"a": literal(text), "b": [literal(text)], "c": {"d": literal(text)}})
    again = OmegaConf.create(OmegaConf.to_yaml(config))
    assert again == config
    assert (again.a, again.b[0], again.c.d) == (text, text, text)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("'a=b'", "a=b"),
        ("'a, b'", "a, b"),
        ('"it\'s"', "it's"),
        (r"'it\'s'", "it's"),
        (r"\${seed}", "${seed}"),
        (r"a\ b", "a b"),
        ("'größe 学習'", "größe 学習"),
        ("'  x '", "  x "),
    ],
)
def test_as_a_person_writes_it(written: str, text: str) -> None:
    shown = yaml.safe_load(answer([f"tracking.uri={written}", "--cfg", "job"]) or "")
    assert shown["tracking"]["uri"] == literal(text)
    assert checked([f"tracking.uri={written}"]).tracking.uri == text
