"""Reading a person's files: what cannot be read is refused in one line that says where and why."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rnnlab.errors import DataError, nearest

_SHOWN = 5

# What pathlib raises for a name that is too long or has a NUL, or a ~user whom nobody knows.
_UNUSABLE = (OSError, ValueError, RuntimeError)


def read_file(path: str, *, key: str = "dataset.path") -> bytes:
    """Return the content of a file that is there, can be read, and is not empty.

    Args:
        path: Relative to the working directory, or absolute; ``~`` is the home folder.
        key: The config key or option that named the file, for messages.

    Raises:
        DataError: The file cannot be read, or there is nothing in it.
    """
    with _explained(path, key) as file:
        content = file.read_bytes()
    if not content:
        raise DataError("is an empty file", key=key, value=path)
    return content


def hash_file(path: str, *, key: str = "dataset.path") -> str:
    """Return the SHA-256 of a file that may be larger than memory, hexadecimal.

    Raises:
        DataError: The file cannot be read.
    """
    with _explained(path, key) as file, file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def decode_text(content: bytes, path: str, *, key: str = "dataset.path") -> str:
    """Return the text of a file in UTF-8, without a byte order mark; line ends stay as they are.

    Raises:
        DataError: It is not UTF-8, or holds white space only.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError("is UTF-16, not UTF-8; save it as UTF-8", key=key, value=path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # error.object lacks the byte order mark where there was one.
        skipped = len(content) - len(error.object)
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"is not UTF-8: byte 0x{error.object[error.start]:02x} at offset "
            f"{skipped + error.start}, line {line}",
            key=key,
            value=path,
        ) from error
    if not text.strip():
        raise DataError("holds nothing but white space", key=key, value=path)
    return text


def no_such_file(path: str, *, key: str = "dataset.path") -> DataError:
    """Return the error for a path where nothing is; it names the nearest file in the folder.

    Args:
        path: Where nothing is.
        key: The config key or option that named it.
    """
    try:
        file = Path(path).expanduser()
        if not file.parent.is_dir():
            return DataError(f"no such file; there is no folder {file.parent}", key=key, value=path)
        near = nearest(file.name, [entry.name for entry in file.parent.iterdir()])
    except _UNUSABLE:
        return DataError("no such file", key=key, value=path)
    suggestion = None if near is None else str(file.parent / near)
    return DataError("no such file", key=key, value=path, near=suggestion)


def is_there(path: str) -> bool:
    """Return whether there is anything at a path, of which ``~`` is the home folder."""
    try:
        return Path(path).expanduser().exists()
    except _UNUSABLE:
        return False


def some_lines(found: Sequence[tuple[int, str]]) -> str:
    """Name the first few of the lines at fault and count the rest.

    Args:
        found: The number of each line, from 1, and what is wrong there (may be empty).

    Returns:
        For example ``line 3 ('x'), line 9 ('y') and 12 more``.
    """
    shown = [f"line {line} ({what})" if what else f"line {line}" for line, what in found[:_SHOWN]]
    rest = len(found) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


@contextmanager
def _explained(path: str, key: str) -> Iterator[Path]:
    if "\0" in path or not is_there(path):
        raise no_such_file(path, key=key)
    try:
        yield Path(path).expanduser()
    except FileNotFoundError as error:
        raise no_such_file(path, key=key) from error
    except IsADirectoryError as error:
        raise DataError("is a folder, not a file", key=key, value=path) from error
    except OSError as error:
        why = f"cannot be read ({error.strerror or error})"
        raise DataError(why, key=key, value=path) from error
