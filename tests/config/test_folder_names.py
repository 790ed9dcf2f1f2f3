from __future__ import annotations

import os
from pathlib import Path

import pytest

from rnnlab.config.folder_names import refused_name


@pytest.mark.parametrize(
    "name",
    [
        "20261123-093015-brave-otter",
        "a b",
        "x=1,y='2'",
        "größe",
        "e\u0301tude",  # a letter and a combining accent
        "שלום",  # written from right to left
        "学習",
        "🙂",
        "con-fusion",
        "x" * 255,
        "é" * 127,
    ],
)
def test_names_of_folders(name: str, tmp_path: Path) -> None:
    assert refused_name(name) is None
    (tmp_path / name).mkdir()
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "it is empty"),
        ("last", "it means the last run"),
        (".", "it begins with"),
        ("..", "it begins with"),
        (".hidden", "it begins with"),
        ("-x", "it begins with"),
        ("~root", "it begins with"),
        (" x", "it begins with"),
        ("x ", "or ends with"),
        ("x.", "or ends with"),
        ("a/b", "it has / in it"),
        ("a\\b", "it has \\ in it"),
        ("a:b", "it has : in it"),
        ("a\0b", "it has the invisible sign U+0000 in it"),
        ("a\nb", "it has the invisible sign U+000A in it"),
        ("a\u202eb", "it has the invisible sign U+202E in it"),  # what follows is shown reversed
        ("a\u2028b", "it has the invisible sign U+2028 in it"),
        ("a\udcffb", "it has the invisible sign U+DCFF in it"),
        ("NUL", "Windows has a device of this name"),
        ("com1.txt", "Windows has a device of this name"),
        ("x" * 300, "it has 300 bytes, and 255 are the most"),
        ("é" * 128, "it has 256 bytes, and 255 are the most"),
    ],
)
def test_what_names_none(name: str, why: str) -> None:
    refusal = refused_name(name)
    assert refusal is not None
    assert refusal.startswith("cannot be a folder name: ")
    assert why in refusal


def test_no_name_is_no_mistake() -> None:
    assert refused_name(None) is None
