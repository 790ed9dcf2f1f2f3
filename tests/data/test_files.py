import hashlib
from pathlib import Path

import pytest

from rnnlab.data.files import decode_text, hash_file, is_there, read_file, some_lines
from rnnlab.errors import DataError


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"x\r\n1\r\n")
    assert read_file(str(file)) == b"x\r\n1\r\n"


def test_the_hash_is_that_of_the_content(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"x" * 300_000)
    assert hash_file(str(file)) == hashlib.sha256(read_file(str(file))).hexdigest()
    with pytest.raises(DataError, match="no such file"):
        hash_file(str(tmp_path / "b"))


def test_a_missing_file_names_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "reviews.csv").write_text("x")
    with pytest.raises(DataError, match=r"dataset\.path=.*review\.csv: no such file; did you") as e:
        read_file(str(tmp_path / "review.csv"))
    assert e.value.near == str(tmp_path / "reviews.csv")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"--input=.*there is no folder .*nowhere$"):
        read_file(str(tmp_path / "nowhere" / "a.csv"), key="--input")


def test_folders_and_empty_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder, not a file"):
        read_file(str(tmp_path))
    (tmp_path / "empty.csv").touch()
    with pytest.raises(DataError, match="is an empty file"):
        read_file(str(tmp_path / "empty.csv"))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_bytes_that_are_not_utf8_are_named_by_offset_and_line(mark: bytes) -> None:
    content = mark + b"first\nsecond caf\xe9\n"
    offset = content.index(b"\xe9")
    with pytest.raises(DataError, match=rf"byte 0xe9 at offset {offset}, line 2$"):
        decode_text(content, "a.csv")


def test_utf16_is_recognised() -> None:
    with pytest.raises(DataError, match="is UTF-16"):
        decode_text("text".encode("utf-16"), "a.csv")


def test_byte_order_mark_is_dropped_and_line_ends_are_kept() -> None:
    assert decode_text(b"\xef\xbb\xbfa\r\nb", "a.csv") == "a\r\nb"


def test_white_space_alone_is_refused() -> None:
    with pytest.raises(DataError, match="white space"):
        decode_text(b" \n\n", "a.csv")


def test_lines_at_fault_are_counted_after_the_first_five() -> None:
    assert some_lines([(2, "x"), (3, "")]) == "line 2 (x), line 3"
    assert some_lines([(n, "") for n in range(1, 18)]).endswith("line 5 and 12 more")


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, "~nobody_of_this_name/x", "x/y/z"])
def test_what_cannot_be_a_path_is_no_such_file(path: str) -> None:
    assert not is_there(path)
    with pytest.raises(DataError, match="no such file"):
        read_file(path)


def test_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    assert is_there(str(tmp_path / "x"))
    assert is_there("~")
