"""The zip file around a checkpoint: is it whole, and is it what torch writes?

Nothing is inflated, and nothing is read twice in two ways: :func:`repack` copies the members that
were checked into a zip file of its own making, the only one that torch's reader gets to see. Two
readers of one hostile zip file need not agree on what is in it.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from rnnlab.errors import Refused, StorageError

_KEPT = re.compile(r"data\.pkl|byteorder|version|data/\d+")


class DamagedCheckpoint(StorageError):
    """A checkpoint that is missing, truncated, altered by a fault, or none at all: exit code 4.

    Args:
        path: The file.
        why: What is wrong with it, in a few words.
    """

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: is not a whole checkpoint: {why}")
        self.path, self.why = path, why

    def __reduce__(self) -> tuple[type[DamagedCheckpoint], tuple[Path, str]]:
        return type(self), (self.path, self.why)


def is_whole(path: Path) -> bool:
    """Return whether a file is a zip file without a fault; what it holds is not looked at."""
    try:
        with path.open("rb") as file, ZipFile(file) as archive:
            _check_sizes(file, archive.infolist())
            return archive.testzip() is None
    except Exception:  # zipfile raises nearly anything on a damaged file
        return False


def repack(path: Path) -> tuple[io.BytesIO, dict[str, int]]:
    """Return the members of a checkpoint as a fresh zip file in memory, and their sizes in bytes.

    Raises:
        DamagedCheckpoint: It is no zip file, or one with a fault.
        Refused: It is a bare pickle, or a zip file made to harm its reader.
    """
    if not path.exists():
        raise DamagedCheckpoint(path, "there is no such file")
    if not path.is_file():  # a pipe would wait for ever
        raise DamagedCheckpoint(path, "it is not a file")
    try:
        with path.open("rb") as file:
            start = file.read(4)
            if start[:1] == b"\x80":
                raise Refused("not a checkpoint but a bare pickle, which may run any code")
            if start != b"PK\x03\x04":
                raise DamagedCheckpoint(path, "it is empty" if not start else "it is no zip file")
            with ZipFile(file) as archive:
                return _copy(file, archive)
    except (Refused, DamagedCheckpoint):
        raise
    except Exception as error:  # zipfile raises nearly anything on a damaged file
        why = str(error).partition("\n")[0] or type(error).__name__
        raise DamagedCheckpoint(path, why) from error


def _copy(file: BinaryIO, archive: ZipFile) -> tuple[io.BytesIO, dict[str, int]]:
    members = archive.infolist()
    _check_sizes(file, members)
    sizes: dict[str, int] = {}
    fresh, seen = io.BytesIO(), set[str]()
    with ZipFile(fresh, "w", ZIP_STORED) as copy:
        for member in members:
            data = archive.read(member)  # checks name and CRC
            _check_name(member.filename, seen)
            # torch names the folder after the file; all members are in it.
            name = member.filename.partition("/")[2]
            if _KEPT.fullmatch(name):
                if name in sizes:
                    raise Refused(f"has two members named {name}")
                sizes[name] = len(data)
                copy.writestr(f"archive/{name}", data)
    if "data.pkl" not in sizes:
        raise ValueError("it is a zip file without data.pkl")
    fresh.seek(0)
    return fresh, sizes


def _check_sizes(file: BinaryIO, members: Sequence[ZipInfo]) -> None:
    for member in members:
        if member.compress_type != ZIP_STORED:
            file.seek(member.header_offset)
            (method,) = struct.unpack("<8xH", file.read(10))
            if method == member.compress_type:
                raise Refused(f"{member.filename} is compressed, which torch never does")
            raise ValueError(f"the header of {member.filename} is damaged")
        if member.compress_size != member.file_size:
            raise ValueError(f"the size of {member.filename} is damaged")
    # Members that overlap would multiply the work of reading them.
    if sum(member.file_size for member in members) > file.seek(0, io.SEEK_END):
        raise ValueError("its members are larger than the file")


def _check_name(name: str, seen: set[str]) -> None:
    if name in seen:
        raise Refused(f"has two members named {name}")
    if name.startswith("/") or ".." in name.split("/") or "\\" in name:
        raise Refused(f"has a member that points out of it: {name}")
    seen.add(name)
