from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.errors import StorageError
from rnnlab.tracking.link import FILE_NAME, Link, read_link, write_link


def test_a_link_is_read_back(tmp_path: Path) -> None:
    assert read_link(tmp_path) is None
    for link in (Link("http://host"), Link("http://host", "abc", 12, "FAILED", "k")):
        write_link(tmp_path, link)
        assert read_link(tmp_path) == link
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("text", ["", "[1]", '{"uri": "http://host", "more": 1}'])
def test_what_is_no_link_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(StorageError, match=FILE_NAME):
        read_link(tmp_path)


def test_a_link_of_an_older_version_is_read(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('{"uri": "http://host", "run_id": "abc", "sent": 12}')
    assert read_link(tmp_path) == Link("http://host", "abc", 12, status=None, key=None)
