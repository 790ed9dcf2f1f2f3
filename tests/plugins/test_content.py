from __future__ import annotations

from pathlib import Path

from rnnlab.plugins.content import files_of, sha256_of
from rnnlab.plugins.discovery import Component, find


def test_the_files_of_a_package_are_found_without_importing_it(stranger: Path) -> None:
    names = [name for name, _ in files_of(find("cell", "leaky"))]
    assert names == ["__init__.py", "leaky.py"]
    assert [name for name, _ in files_of(find("cell", "broken"))] == ["stranger_broken.py"]


def test_any_byte_and_any_name_changes_the_hash(stranger: Path) -> None:
    cell = find("cell", "leaky")
    seen = [sha256_of(cell)]
    folder = stranger / "stranger_cells"
    (folder / "leaky.py").write_text((folder / "leaky.py").read_text() + "\n")
    seen.append(sha256_of(cell))
    (folder / "other.py").write_text("")
    seen.append(sha256_of(cell))
    (folder / "other.py").rename(folder / "another.py")
    seen.append(sha256_of(cell))
    assert len({*seen}) == 4
    assert all(len(digest) == 64 for digest in seen)


def test_what_the_interpreter_compiled_is_no_content(stranger: Path) -> None:
    cell = find("cell", "leaky")
    before = sha256_of(cell)
    (stranger / "stranger_cells" / "__pycache__").mkdir()
    (stranger / "stranger_cells" / "__pycache__" / "leaky.pyc").write_bytes(b"1")
    assert sha256_of(cell) == before


def test_a_package_that_is_not_there_has_no_files() -> None:
    gone = Component("cell", "gone", "not_installed_anywhere:Cell", "gone", "1")
    assert files_of(gone) == []
    assert len(sha256_of(gone)) == 64
