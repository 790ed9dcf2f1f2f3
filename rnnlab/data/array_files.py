"""Reading NumPy's files without ever running what is in them."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.content import content_sha256
from rnnlab.data.files import read_file
from rnnlab.errors import DataError, nearest

Array = NDArray[Any]


def read_arrays(path: str) -> tuple[dict[str, Array], str]:
    """Return the arrays of an ``.npz`` file, or of the ``.npy`` files of a folder, by name.

    Args:
        path: The file or the folder.

    Returns:
        The arrays, and the SHA-256 of the file, or of the names and contents in the folder.

    Raises:
        DataError: There are no such files, they are damaged, or hold pickled objects.
    """
    place = Path(path).expanduser()
    if place.is_dir():
        files = sorted(place.glob("*.npy"))
        if not files:
            raise DataError("the folder holds no .npy file", key="dataset.path", value=path)
        contents = {file.stem: read_file(str(file)) for file in files}
        pieces = (piece for name, content in contents.items() for piece in (name, content))
        arrays = {name: _load(content, f"{name}.npy", path) for name, content in contents.items()}
        return arrays, content_sha256(*pieces)
    content = read_file(path)
    if place.suffix == ".npy":
        why = "is one array; give the folder that holds x.npy and y.npy, or an .npz file"
        raise DataError(why, key="dataset.path", value=path)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        why = f"is no .npz file that can be read ({error})"
        raise DataError(why, key="dataset.path", value=path) from error
    arrays = {
        name.removesuffix(".npy"): _load(member, name, path) for name, member in members.items()
    }
    return arrays, hashlib.sha256(content).hexdigest()


def require_names(
    arrays: Mapping[str, Array], path: str, *, required: Iterable[str], allowed: Iterable[str]
) -> None:
    """Check that all required arrays are there, and none with a name that means nothing.

    Raises:
        DataError: One is missing or unknown.
    """
    allowed = list(allowed)
    for name in arrays:
        if name not in allowed:
            raise DataError(
                f"unknown array {name!r}",
                key="dataset.path",
                value=path,
                near=nearest(name.lower(), allowed),
                valid=allowed,
            )
    for name in required:
        if name not in arrays:
            raise DataError(
                f"has no array {name!r}, only: {', '.join(arrays)}", key="dataset.path", value=path
            )


def _load(content: bytes, name: str, path: str) -> Array:
    try:
        loaded = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError, OSError, SyntaxError, MemoryError) as error:
        pickled = "allow_pickle" in str(error)
        why = (
            f"{name} holds pickled objects, which can run code when read; save numbers only"
            if pickled
            else f"{name} is no array that can be read ({error})"
        )
        raise DataError(why, key="dataset.path", value=path) from error
    return np.asarray(loaded)
