from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

from rnnlab.plugins import installed as module
from rnnlab.plugins.installed import canonical, environment, installed

Install = Callable[..., Path]


def named(group: str, name: str) -> list[tuple[str, str]]:
    found = [item for item in installed(group) if item.name == name]
    return [(item.distribution, item.version) for item in found]


def test_a_name_is_one_however_it_is_written() -> None:
    assert {canonical(name) for name in ("A_b.C", "a-b-c", "a__b..c")} == {"a-b-c"}


def test_what_metadata_says(install: Install) -> None:
    install("RNNlab_A", {"cell": {"made_up": "a_cells:MGU"}, "conf": {"a": "a_cells.conf"}})
    (found,) = [item for item in installed("cell") if item.name == "made_up"]
    assert (found.qualified, found.package, found.own) == ("rnnlab-a:made_up", "a_cells", False)
    assert ("rnnlab-a", "1.0") in named("conf", "a")
    assert all(item.own for item in installed("cell") if item.name in ("gru", "lstm"))


def test_of_one_distribution_the_first_on_the_path_counts(install: Install) -> None:
    install("rnnlab-a", {"cell": {"made_up": "a_old:MGU", "old": "a_old:Old"}}, version="1.0")
    install("rnnlab-a", {"cell": {"made_up": "a_new:MGU"}}, version="2.0")
    assert named("cell", "made_up") == [("rnnlab-a", "2.0")]
    assert named("cell", "old") == []


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[rnnlab.cells\nx", b"no section", b"[a]\nb"])
def test_damaged_metadata_hurts_nobody(install: Install, content: bytes) -> None:
    site = install("rnnlab-a", {"cell": {"made_up": "a_cells:MGU"}})
    install("rnnlab-b", {"cell": {"other": "b_cells:Other"}})
    (site / "rnnlab_a-1.0.dist-info" / "entry_points.txt").write_bytes(content)
    assert named("cell", "made_up") == []
    assert named("cell", "other") == [("rnnlab-b", "1.0")]


def test_a_name_that_nobody_could_type_is_no_option(install: Install) -> None:
    install("rnnlab-a", {"cell": {"my cell": "a:A", "a/b": "a:A", "c:d": "a:A", "fine-1.x": "a:A"}})
    assert [i.name for i in installed("cell") if i.distribution == "rnnlab-a"] == ["fine-1.x"]


def test_the_environment_changes_with_what_is_installed(install: Install) -> None:
    before = environment()
    install("unrelated", {})
    assert environment() != before


def test_two_hundred_plugins_cost_one_small_file_each(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: Counter[str] = Counter()

    def count(kind: type[Distribution]) -> None:
        original = kind.read_text

        def counted(self: Distribution, filename: str) -> str | None:
            reads[filename] += "rnnlab_many" in str(self._path)  # type: ignore[attr-defined]
            return original(self, filename)

        monkeypatch.setattr(kind, "read_text", counted)

    # A backport of importlib.metadata, where one was imported, puts its own kind before Python's.
    for kind in {type(distribution) for distribution in distributions()}:
        count(kind)
    for index in range(200):
        install(f"rnnlab-many{index}", {"cell": {f"many{index}": f"many{index}:Many"}})
    module._read.cache_clear()
    modules = set(sys.modules)
    for _ in range(3):
        assert sum(item.name.startswith("many") for item in installed("cell")) == 200
        installed("task")
    assert reads["entry_points.txt"] == 200
    assert reads["METADATA"] == 0
    assert set(sys.modules) == modules
