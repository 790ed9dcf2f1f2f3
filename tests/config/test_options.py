from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.config.options import comment, files, groups, options, plural


def test_groups_are_folders_and_kinds_of_components() -> None:
    assert {"cell", "task", "dataset", "optimizer", "experiment", "trainer"} <= set(groups())


def test_options_are_files_and_components(stranger: Path) -> None:
    assert {"irnn", "lstm", "leaky", "broken"} <= set(options("cell"))
    assert options("nothing") == []


def test_own_files_hide_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "conf" / "cell" / "irnn.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("hidden_size: 1\n")
    (tmp_path / "conf" / "experiment" / "paper").mkdir(parents=True)
    (tmp_path / "conf" / "experiment" / "paper" / "one.yaml").write_text("seed: 1\n")
    monkeypatch.chdir(tmp_path)
    assert files("cell")["irnn"] == own
    assert {"paper/one", "adding"} <= set(options("experiment"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# What it is\na: 1\n", "What it is"),
        ("# @package _global_\n# rnnlab train a=b\n# What it is\n", "What it is"),
        ("# rnnlab train cell=irnn        What it is\n", "What it is"),
        ("a: 1\n# late\n", ""),
        ("# rnnlab train a=b\na: 1\n", ""),
        ("", ""),
    ],
)
def test_the_comment_of_a_file(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "x.yaml").write_text(text)
    assert comment(tmp_path / "x.yaml") == words


def test_plurals() -> None:
    assert [plural(group) for group in ("cell", "callbacks", "tracking")] == [
        "cells",
        "callbacks",
        "tracking",
    ]
