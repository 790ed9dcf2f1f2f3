"""Files that a comparison is to be written to: checked before there is work, then written."""

from __future__ import annotations

import os
from pathlib import Path

from rnnlab.errors import ConfigError, StorageError


def check_file(path: Path | None, key: str) -> None:
    """Check that a file can be written.

    Raises:
        ConfigError: It cannot.
    """
    if path is None:
        return
    folder = path.absolute().parent
    why = None
    if path.is_dir():
        why = "is a folder"
    elif path.exists() and not path.is_file():
        why = "is no file"
    elif not folder.is_dir():
        why = f"there is no folder {folder}"
    elif not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        why = "cannot be written"
    if why is not None:
        raise ConfigError(why, key=key, value=path)


def check_folder(path: Path | None, key: str) -> None:
    """Check that files can be written into a folder, which is made if the one around it is there.

    Raises:
        ConfigError: They cannot.
    """
    if path is None:
        return
    place = path if path.exists() else path.absolute().parent
    why = None
    if path.exists() and not path.is_dir():
        why = "is not a folder"
    elif not place.is_dir():
        why = f"there is no folder {place}"
    elif not os.access(place, os.W_OK):
        why = "cannot be written"
    if why is not None:
        raise ConfigError(why, key=key, value=path)


def write(path: Path, content: bytes) -> None:
    """Write a file; the folder it is in is made.

    Raises:
        StorageError: The disk refused.
    """
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}") from error
