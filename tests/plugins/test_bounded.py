from __future__ import annotations

import os
from pathlib import Path

import pytest

from rnnlab.errors import ConfigError
from rnnlab.plugins.bounded import MOST_BYTES, MOST_LEVELS, MOST_NODES, measure, read_text

LAUGHS = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 40)
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (LAUGHS, f"x.yaml: is no config: it has more than {MOST_NODES:,} values"),
        ("a: [" + "1," * MOST_NODES + "]", "x.yaml: is no config: it has more than 20,000 values"),
        ("a: " + "[" * 50_000, f"x.yaml:1: is no config: it is nested more than {MOST_LEVELS} lev"),
        ("".join(" " * i + "b:\n" for i in range(99)), "x.yaml:31: is no config: it is nested"),
        ("a: 1\nb: &b [*b]", "x.yaml:2: broken YAML: *b is not defined yet"),
    ],
)
def test_what_memory_would_not_hold_is_refused(text: str, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        measure(text, "x.yaml")
    assert str(caught.value).startswith(why)


def test_aliases_in_moderation_are_fine() -> None:
    measure("a: &a {b: [1, 2]}\nc: {<<: *a}\nd: [*a, *a]", "x.yaml")
    measure("\n".join(f"k{i}: {i}" for i in range(5000)), "x.yaml")


def test_a_file_is_read_up_to_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: \xc3\xa9")
    assert read_text(path) == "a: é"
    with path.open("wb") as stream:
        stream.truncate(50_000_000)
    with pytest.raises(ConfigError, match=f"it has more than {MOST_BYTES:,} bytes"):
        read_text(path)


def test_what_is_no_readable_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(ConfigError, match=r"x\.yaml:2: is not UTF-8$"):
        read_text(path)
    with pytest.raises(ConfigError, match=r"is not a file$"):
        read_text(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match=r"is not a file$"):
        read_text(tmp_path / "pipe")
