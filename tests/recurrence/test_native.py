from __future__ import annotations

import ctypes
import multiprocessing
import os
import stat
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from rnnlab.recurrence import native
from rnnlab.recurrence.native import NoLibrary, cache_folder, library

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no compiler is looked for there")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return _source(tmp_path, 42)


def _source(folder: Path, answer: int) -> Path:
    path = folder / "answer.cpp"
    path.write_text(f'extern "C" int answer() {{ return {answer}; }}\n')
    return path


def _answer(source: Path) -> int:
    found: int = library(source).answer()
    return found


def _kept() -> list[Path]:
    return sorted(cache_folder().glob("*"))


def _counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the compiler write a line for each call of it."""
    counted = tmp_path / "calls"
    counted.touch()
    compiler = tmp_path / "counting"
    compiler.write_text(f'#!/bin/sh\necho call >> "{counted}"\nexec c++ "$@"\n')
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    return counted


def test_it_is_compiled_once(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = _counted(tmp_path, monkeypatch)
    assert (_answer(source), _answer(source)) == (42, 42)
    assert calls.read_text().count("call") == 1
    assert len(_kept()) == 1


def test_another_source_or_compiler_is_another_library(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _answer(source) == 42
    assert _answer(_source(tmp_path, 43)) == 43
    _counted(tmp_path, monkeypatch)
    assert _answer(source) == 43
    assert len(_kept()) == 3


def test_the_processor_is_part_of_the_name(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library(source)
    monkeypatch.setattr(native, "_processor", lambda: ["another"])
    library(source)
    assert len(_kept()) == 2


def test_processes_may_compile_at_the_same_time(source: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        assert list(pool.map(_answer, [source] * 4)) == [42] * 4
    assert len(_kept()) == 1


def test_a_damaged_file_is_made_anew(source: Path) -> None:
    kept = cache_folder() / native._name(source, native._compiler())
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"no library")
    assert _answer(source) == 42
    assert kept.read_bytes()[:4] != b"no l"


def test_a_folder_that_cannot_be_written_is_done_without(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert _answer(source) == 42


def test_options_that_a_compiler_does_not_know_are_left_out(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = tmp_path / "simple"
    compiler.write_text(
        '#!/bin/sh\nfor option; do case "$option" in -m*|-fopenmp) exit 1;; esac; done\n'
        'exec c++ "$@"\n'
    )
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    assert _answer(source) == 42


def test_a_refusal_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "wrong.cpp"
    source.write_text("int answer() { return nothing; }\n")
    with pytest.raises(NoLibrary, match=r"refuses wrong.cpp: .*error.*nothing"):
        library(source)
    assert _kept() == []


def test_no_compiler_is_told(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(NoLibrary, match=r"there is no C\+\+ compiler"):
        library(source)


def test_what_is_kept_is_written_by_its_owner_only(source: Path) -> None:
    library(source)
    mode = os.stat(_kept()[0]).st_mode
    assert not mode & (stat.S_IWGRP | stat.S_IWOTH)


def test_it_is_a_library_of_ctypes(source: Path) -> None:
    assert isinstance(library(source), ctypes.CDLL)
