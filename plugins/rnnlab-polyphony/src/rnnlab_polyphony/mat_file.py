"""MATLAB files of piano rolls, as the JSB Chorales are published with their split."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.io import loadmat
from torch import Tensor

from rnnlab.data.dataset import Part
from rnnlab.errors import DataError
from rnnlab_polyphony.keys import KEYS

_NAMES: dict[Part, str] = {"train": "traindata", "val": "validdata", "test": "testdata"}


def read_mat(content: bytes, path: str) -> dict[Part, list[Tensor]]:
    """Return the rolls ``(T, 88)`` uint8 of each part.

    Args:
        content: A MATLAB file of version 5 with the cell arrays ``traindata``, ``validdata`` and
            ``testdata``; each cell is a piece, ``(T, 88)`` of zeros and ones, the first column
            being the lowest key.
        path: Where it is, for messages.

    Raises:
        DataError: It is something else; the message says what.
    """
    try:
        arrays = loadmat(BytesIO(content), variable_names=list(_NAMES.values()))
    except NotImplementedError as error:
        why = "is a MATLAB file of version 7.3; save it with: save -v7"
        raise DataError(why, key="dataset.path", value=path) from error
    except Exception as error:
        # On a damaged file scipy raises whatever its parser happens to meet.
        why = f"is no MATLAB file that can be read ({type(error).__name__}: {error})"
        raise DataError(why, key="dataset.path", value=path) from error
    missing = [name for name in _NAMES.values() if name not in arrays]
    if missing:
        held = ", ".join(name for name in arrays if not name.startswith("__"))
        why = f"has no {', '.join(missing)}; of these three it holds: {held or 'none'}"
        raise DataError(why, key="dataset.path", value=path)
    return {part: _pieces(arrays[name], name, path) for part, name in _NAMES.items()}


def _pieces(cells: NDArray[Any], name: str, path: str) -> list[Tensor]:
    if cells.dtype != object:
        why = f"{name} must be a cell array of pieces, and is an array of {cells.dtype}"
        raise DataError(why, key="dataset.path", value=path)
    return [_roll(piece, f"{name}{{{i}}}", path) for i, piece in enumerate(cells.flat, start=1)]


def _roll(piece: Any, name: str, path: str) -> Tensor:
    why = None
    if not isinstance(piece, np.ndarray) or piece.dtype.kind not in "biuf":
        why = "holds something else than numbers"
    elif piece.ndim != 2 or piece.shape[1] != KEYS:
        why = f"has the shape {piece.shape}, and must have (steps, {KEYS})"
    elif len(piece) == 0:
        why = "has no steps"
    elif (wrong := np.argwhere((piece != 0) & (piece != 1))).size:
        step, key = wrong[0]
        why = f"has {piece[step, key]:g} at ({step + 1}, {key + 1}), and must have 0 and 1 only"
    if why is not None:
        raise DataError(f"{name} {why}", key="dataset.path", value=path)
    return torch.from_numpy(piece.astype(np.uint8))
