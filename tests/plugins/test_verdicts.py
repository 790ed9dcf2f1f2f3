from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.plugins import verdicts as module
from rnnlab.plugins.installed import Component
from rnnlab.plugins.verdicts import Verdict, cache_file, known, remember

Install = Callable[..., Path]
GOOD = Verdict("", "A cell.", {"shape": ["tanh", "relu"], "size": []})
BAD = Verdict("cannot be imported: boom")


def component(name: str = "made_up") -> Component:
    return Component("cell", name, f"a_cells.{name}:Cell", "rnnlab-a", "1.0")


@pytest.fixture
def site(install: Install) -> Path:
    return install("rnnlab-a", {}, {"a_cells/__init__.py": "", "a_cells/made_up.py": "x = 1\n"})


def test_what_was_found_is_known_until_a_file_changes(site: Path) -> None:
    assert known(component()) is None
    assert remember({component(): GOOD})
    assert known(component()) == GOOD
    assert known(component("other")) is None
    (site / "a_cells" / "made_up.py").write_text("x = 2\n")
    assert known(component()) is None


def test_files_that_are_only_touched_are_the_same(site: Path) -> None:
    remember({component(): GOOD})
    os.utime(site / "a_cells" / "made_up.py", (1, 1))
    assert known(component()) == GOOD


def test_no_file_is_read_where_none_changed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember({component(): GOOD})

    def never(component: Component) -> str:
        raise AssertionError("read")

    monkeypatch.setattr(module, "sha256_of", never)
    assert known(component()) == GOOD
    assert known(component("other")) is None


def test_another_version_python_or_rnnlab_is_another_verdict(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember({component(): GOOD})
    assert known(Component("cell", "made_up", "a_cells.made_up:Cell", "rnnlab-a", "2.0")) is None
    monkeypatch.setattr(module, "__version__", "99.0")
    assert known(component()) is None


def test_what_is_broken_may_be_mended_by_another_package(site: Path, install: Install) -> None:
    remember({component(): BAD, component("good"): GOOD})
    assert known(component()) == BAD
    install("what-was-missing", {})
    assert known(component()) is None
    assert known(component("good")) == GOOD


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[1]",
        b"[" * 100_000,
        b'{"hashes": 3, "verdicts": []}',
        b'{"hashes": {}, "verdicts": {"a": 3}}',
    ],
)
def test_a_damaged_cache_is_an_empty_one(site: Path, content: bytes) -> None:
    cache_file().parent.mkdir(parents=True)
    cache_file().write_bytes(content)
    assert known(component()) is None
    assert remember({component(): GOOD})
    assert known(component()) == GOOD


@pytest.mark.parametrize(
    "damage", [{"reason": 3}, {"summary": None}, {"arguments": [1]}, {"arguments": {"a": 3}}]
)
def test_a_damaged_verdict_is_none(site: Path, damage: dict[str, object]) -> None:
    remember({component(): GOOD})
    tables = json.loads(cache_file().read_text())
    (key,) = tables["verdicts"]
    tables["verdicts"][key] |= damage
    cache_file().write_text(json.dumps(tables))
    found = known(component())
    assert found is None or found.arguments == {}


def test_a_folder_that_cannot_be_written_is_harmless(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(site / "file"))
    assert not remember({component(): GOOD})
    assert known(component()) is None


def test_the_place_of_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_file() == tmp_path / "rnnlab" / "plugins.json"
    monkeypatch.setenv("HOME", "/home/somebody")
    for text in ("", "relative"):  # the standard's own words: a relative path is to be ignored
        monkeypatch.setenv("XDG_CACHE_HOME", text)
        assert cache_file() == Path("/home/somebody/.cache/rnnlab/plugins.json")


def test_writers_at_the_same_time_lose_nothing(site: Path) -> None:
    names = [f"cell{index}" for index in range(12)]
    writers = [threading.Thread(target=remember, args=({component(name): GOOD},)) for name in names]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [known(component(name)) for name in names] == [GOOD] * 12
    assert not list(cache_file().parent.glob(".plugins-*"))


def test_only_the_newest_are_kept(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 2)
    for name in "abc":
        remember({component(name): GOOD})
    assert [known(component(name)) for name in "abc"] == [None, GOOD, GOOD]


def test_words_for_a_list() -> None:
    assert (str(GOOD), str(BAD)) == ("ok", "broken: cannot be imported: boom")
