from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rnnlab.plugins.content import sha256_of
from rnnlab.plugins.discovery import find
from rnnlab.plugins.in_use import PluginInUse, plugins_in_use

CELL = {"cell": {"_target_": "stranger_cells.leaky.Leaky"}}


def test_a_plugin_is_named_with_version_and_content(stranger: Path) -> None:
    found = plugins_in_use({**CELL, "task": {"_target_": "rnnlab.tasks.many_to_one.ManyToOne"}})
    assert found == {"rnnlab-stranger": PluginInUse("2.5", sha256_of(find("cell", "leaky")))}
    assert len(found["rnnlab-stranger"].sha256 or "") == 64


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"cell": {"_target_": "rnnlab.cells.gru.GRU"}},
        {"optimizer": {"_target_": "torch.optim.Adam"}},
        {"cell": {"_target_": "stranger_cellsar.Leaky"}},
    ],
)
def test_what_is_not_in_use_is_not_named(stranger: Path, config: dict[str, object]) -> None:
    assert plugins_in_use(config) == {}


def test_callbacks_count(stranger: Path) -> None:
    config = {"callbacks": {"quiet": {"_target_": "stranger_cells.leaky.Quiet", "volume": 1.0}}}
    assert list(plugins_in_use(config)) == ["rnnlab-stranger"]


def test_the_hash_is_that_of_the_packages_in_use(stranger: Path) -> None:
    both = {**CELL, "backbone": {"cell": {"_target_": "stranger_broken.Cell"}}}
    one, two = (plugins_in_use(config)["rnnlab-stranger"] for config in (CELL, both))
    (stranger / "stranger_broken.py").write_text("# other\n")
    assert plugins_in_use(CELL)["rnnlab-stranger"] == one
    assert plugins_in_use(both)["rnnlab-stranger"].sha256 not in (one.sha256, two.sha256)
    (stranger / "stranger_cells" / "more.py").write_text("")
    assert not plugins_in_use(CELL)["rnnlab-stranger"].same_as(one)


def test_no_class_is_imported_for_it(stranger: Path) -> None:
    # Importing it raises.
    assert plugins_in_use({"cell": {"_target_": "stranger_broken.Cell"}})


def test_what_is_gone_is_not_in_use(stranger: Path) -> None:
    shutil.rmtree(stranger / "stranger_cells")
    (stranger / "rnnlab_stranger-2.5.dist-info" / "entry_points.txt").write_text("")
    assert plugins_in_use(CELL) == {}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("1", "a"), ("1", "a"), True),
        (("1", "a"), ("1", "b"), False),
        (("1", "a"), ("2", "a"), False),
        (("1", None), ("1", "b"), True),
        (("1", None), ("2", None), False),
    ],
)
def test_what_is_not_known_does_not_differ(
    one: tuple[str, str | None], other: tuple[str, str | None], same: bool
) -> None:
    assert PluginInUse(*one).same_as(PluginInUse(*other)) is same
    assert PluginInUse(*other).same_as(PluginInUse(*one)) is same


def test_in_a_line() -> None:
    assert str(PluginInUse("2.5", "0123456789abcdef")) == "2.5 0123456789ab"
    assert str(PluginInUse("2.5", None)) == "2.5"
