from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.compare.writing import check_file, check_folder, write
from rnnlab.errors import ConfigError, StorageError


def test_what_can_be_written(tmp_path: Path) -> None:
    check_file(None, "--html")
    check_folder(None, "--plot")
    check_file(tmp_path / "new.html", "--html")
    check_folder(tmp_path / "new", "--plot")
    check_folder(tmp_path, "--plot")
    assert list(tmp_path.iterdir()) == [], "checking makes nothing"


def test_what_cannot(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^--html=.*: is a folder$"):
        check_file(tmp_path, "--html")
    with pytest.raises(ConfigError, match=r"^--html=.*: there is no folder .*gone$"):
        check_file(tmp_path / "gone" / "a.html", "--html")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"^--plot=.*: is not a folder$"):
        check_folder(tmp_path / "file", "--plot")
    with pytest.raises(ConfigError, match=r"^--plot=.*: there is no folder .*gone$"):
        check_folder(tmp_path / "gone" / "deep", "--plot")
    with pytest.raises(ConfigError, match=r"^--html=/dev/null: is no file$"):
        check_file(Path("/dev/null"), "--html")


def test_what_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ConfigError, match="cannot be written"):
        check_file(tmp_path / "a.html", "--html")
    with pytest.raises(ConfigError, match="cannot be written"):
        check_folder(tmp_path, "--plot")


def test_writing(tmp_path: Path) -> None:
    write(tmp_path / "new" / "a.png", b"x")
    assert (tmp_path / "new" / "a.png").read_bytes() == b"x"
    with pytest.raises(StorageError, match="cannot be written: Is a directory"):
        write(tmp_path / "new", b"x")
