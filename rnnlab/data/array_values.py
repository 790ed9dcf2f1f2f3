"""The numbers of an array as tensors, those in the padding being ignored and set to zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnlab.data.scaler import Scaler
from rnnlab.errors import DataError

Array = NDArray[Any]

# More ids than this are a mistake, such as hashes or dates: an embedding has a row for each.
_MOST_IDS = 1_000_000
_CHANNELS = (1, 3, 4)


def valid_lengths(array: Array, name: str, count: int, steps: int, path: str) -> Tensor:
    """Return lengths ``(N,)`` int64, each from 1 to ``steps``.

    Raises:
        DataError: They are not N whole numbers in this range.
    """
    if array.shape != (count,) or array.dtype.kind not in "iu":
        why = f"{name} must be {count} whole numbers, and is {array.dtype} of shape {array.shape}"
        raise DataError(why, key="dataset.path", value=path)
    wrong = np.flatnonzero((array < 1) | (array > steps))
    if len(wrong):
        first = wrong[0]
        why = f"{name}[{first}] is {array[first]}, and must be from 1 to {steps}{_more(wrong)}"
        raise DataError(why, key="dataset.path", value=path)
    return torch.from_numpy(array.astype(np.int64))


def valid_mask(lengths: Tensor | None, count: int, steps: int) -> NDArray[np.bool_]:
    """Return ``(N, T)``, True at valid steps."""
    if lengths is None:
        return np.ones((count, steps), dtype=np.bool_)
    return np.arange(steps)[None] < lengths.numpy()[:, None]


def token_ids(array: Array, valid: NDArray[np.bool_], name: str, path: str) -> Tensor:
    """Return ids ``(N, T)`` int64, zero in the padding.

    Raises:
        DataError: An id is negative or very large.
    """
    wrong = np.argwhere(valid & ((array < 0) | (array >= _MOST_IDS)))
    if len(wrong):
        where = tuple(wrong[0])
        why = (
            f"{name}{_index(wrong)} is {array[where]}: ids are numbered from 0, up to "
            f"{_MOST_IDS - 1}; padding is told by lengths{_more(wrong)}"
        )
        raise DataError(why, key="dataset.path", value=path)
    return torch.from_numpy(np.where(valid, array, 0).astype(np.int64))


def finite_reals(array: Array, valid: NDArray[np.bool_] | None, name: str, path: str) -> Tensor:
    """Return reals of the same shape, float64, zero in the padding.

    Args:
        array: ``(N, ...)`` or, with ``valid``, ``(N, T, ...)``.
        valid: ``(N, T)``, True at valid steps; None when there are no steps.
        name: The array, for messages.
        path: The file, for messages.

    Raises:
        DataError: One that is not in the padding is NaN or infinite.
    """
    values = array.astype(np.float64)
    if valid is not None:
        values[~valid] = 0
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        why = f"{name}{_index(wrong)} is {values[tuple(wrong[0])]}{_more(wrong)}"
        raise DataError(why, key="dataset.path", value=path)
    return torch.from_numpy(values)


def channels_first(array: Array, *, frames: bool) -> Array:
    """Return images ``(N, C, H, W)`` or frames ``(N, T, C, H, W)``.

    A missing axis of channels is added. Channels that come last, as image files have them, are
    recognised where the last axis is 1, 3 or 4 and the place of the channels is not.
    """
    place = 2 if frames else 1
    if array.ndim == place + 2:
        return np.expand_dims(array, place)
    if array.shape[-1] in _CHANNELS and array.shape[place] not in _CHANNELS:
        return np.moveaxis(array, -1, place)
    return array


def scaled(values: Tensor, scaler: Scaler, valid: NDArray[np.bool_] | None) -> Tensor:
    """Return scaled values, float32, the padding again zero."""
    result = scaler.transform(values).float()
    if valid is not None:
        result[~torch.from_numpy(valid)] = 0
    return result


def _index(wrong: NDArray[np.intp]) -> str:
    return f"[{', '.join(map(str, wrong[0]))}]"


def _more(wrong: NDArray[np.intp]) -> str:
    return f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
