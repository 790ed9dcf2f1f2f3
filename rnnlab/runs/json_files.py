"""Small JSON files, written whole and read as what they must be."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from rnnlab.errors import StorageError
from rnnlab.expected import mismatch


def read_json(path: Path, expected: Any = dict) -> dict[str, Any]:
    """Return the object in a JSON file.

    Args:
        path: The file.
        expected: What it must hold; see :func:`rnnlab.expected.mismatch`.

    Raises:
        StorageError: The file cannot be read, or is something else.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise StorageError(f"{path}: cannot be read: {error}") from error
    if (why := mismatch(content, expected)) is not None:
        raise StorageError(f"{path}: cannot be read: {why}")
    return content


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file so that a reader sees the old content or the new, never half of it.

    Raises:
        StorageError: The disk refused; the old content is still there.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=True)
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(text + "\n")
            # Without this a power failure can leave an empty file under the new name.
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    # A signal that raises in here must leave no draft either.
    except BaseException as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise StorageError(f"{path}: cannot be written: {error.strerror}") from error
