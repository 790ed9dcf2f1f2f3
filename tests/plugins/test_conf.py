from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.plugins.conf import conf_folders, packaged_conf


def test_the_packaged_configs_are_there() -> None:
    assert (packaged_conf() / "config.yaml").is_file()


def test_own_configs_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert conf_folders() == [packaged_conf()]
    (tmp_path / "conf").mkdir()
    assert conf_folders() == [tmp_path / "conf", packaged_conf()]


def test_in_a_checkout_both_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(packaged_conf().parent)
    assert conf_folders() == [packaged_conf()]
