"""Arrays as the input and the target of a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnlab.data.array_kinds import InputKind, TargetKind
from rnnlab.data.array_values import channels_first, finite_reals, scaled, token_ids, valid_mask
from rnnlab.data.padding import pad
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import Field
from rnnlab.data.vocabulary import BEGIN, END, PAD, Vocabulary
from rnnlab.errors import DataError

Array = NDArray[Any]


@dataclass(frozen=True)
class Side:
    """The input or the target of all N examples.

    Args:
        field: What it is.
        values: ``(N, ...)`` as :class:`rnnlab.data.batch.Batch` wants it.
        lengths: ``(N,)`` int64 valid steps, or None when all are.
    """

    field: Field
    values: Tensor
    lengths: Tensor | None = None


def input_side(
    x: Array, kind: InputKind, lengths: Tensor | None, train: list[int], *, scale: bool, path: str
) -> Side:
    """Return the input.

    Args:
        x: N examples.
        kind: What they are.
        lengths: ``(N,)`` valid steps of each, or None.
        train: The examples that a scaler may look at.
        scale: Whether to standardise reals.
        path: The file, for messages.

    Raises:
        DataError: A number is not finite, or an id out of range.
    """
    if kind in ("image", "frames"):
        return _images(x, kind == "frames", lengths, path)
    if kind == "tokens":
        ids = token_ids(x, valid_mask(lengths, *x.shape), "x", path)
        field = Field("tokens", int(ids.max()) + 1, sequence=True, name="x", max_length=x.shape[1])
        return Side(field, ids, lengths)
    return _reals(x, "x", kind == "sequence", lengths, train, scale, path)


def target_side(
    y: Array, kind: TargetKind, lengths: Tensor | None, train: list[int], *, scale: bool, path: str
) -> Side:
    """Return the target; arguments and errors are those of :func:`input_side`.

    For a target of each step, ``lengths`` are those of the input.
    """
    if kind == "sequence" and lengths is None:
        # Lengths of its own tell a target of T steps from one that is aligned with the input.
        lengths = torch.full((len(y),), y.shape[1])
    if kind in ("vector", "step_vectors", "sequence"):
        return _reals(y, "y", kind != "vector", lengths, train, scale, path)
    valid = np.ones(len(y), np.bool_) if y.ndim == 1 else valid_mask(lengths, *y.shape)
    whole = y.astype(np.int64) if y.dtype.kind in "bf" else y
    # The classes that there are belong to the question, not to what is learned of the answer.
    names, ids = np.unique(whole[valid], return_inverse=True)
    if kind == "tokens":
        return _token_sequences(names, ids, valid, lengths)
    if len(names) < 2:
        why = f"every target of y is {names[0]}: nothing can be learned from it"
        raise DataError(why, key="dataset.path", value=path)
    values = torch.zeros(y.shape, dtype=torch.int64)
    values[torch.from_numpy(valid)] = torch.from_numpy(ids)
    field = Field(
        "tokens",
        len(names),
        sequence=kind == "step_classes",
        vocabulary=Vocabulary(tuple(map(str, names))),
        name="y",
        max_length=y.shape[1] if kind == "step_classes" else None,
    )
    return Side(field, values)


def _images(x: Array, frames: bool, lengths: Tensor | None, path: str) -> Side:
    images = channels_first(x, frames=frames)
    valid = valid_mask(lengths, *images.shape[:2]) if frames else None
    # Bytes hold ink or light from 0 to 255; other types are taken as they are.
    scaler = Scaler((0.0,), (255.0,)) if x.dtype == np.uint8 else Scaler((0.0,), (1.0,))
    values = scaled(finite_reals(images, valid, "x", path), scaler, valid)
    channels, height, width = images.shape[-3:]
    field = Field(
        "image",
        channels * height * width,
        sequence=frames,
        shape=(channels, height, width),
        scaler=scaler,
        name="x",
        max_length=images.shape[1] if frames else None,
    )
    return Side(field, values, lengths)


def _reals(
    array: Array,
    name: str,
    sequence: bool,
    lengths: Tensor | None,
    train: list[int],
    scale: bool,
    path: str,
) -> Side:
    if array.ndim == (2 if sequence else 1):
        array = array[..., None]
    valid = valid_mask(lengths, *array.shape[:2]) if sequence else None
    values = finite_reals(array, valid, name, path)
    size = values.shape[-1]
    if scale:
        training = values[train]
        scaler = Scaler.fit(training if valid is None else training[torch.from_numpy(valid[train])])
    else:
        scaler = Scaler((0.0,) * size, (1.0,) * size)
    field = Field(
        "reals",
        size,
        sequence=sequence,
        scaler=scaler,
        name=name,
        max_length=array.shape[1] if sequence else None,
    )
    return Side(field, scaled(values, scaler, valid), lengths)


def _token_sequences(
    names: Array, ids: Array, valid: NDArray[np.bool_], lengths: Tensor | None
) -> Side:
    specials = (PAD, BEGIN, END)
    vocabulary = Vocabulary((*specials, *map(str, names)))
    counts = valid.sum(1)
    sequences = np.split(ids + len(specials), np.cumsum(counts)[:-1])
    end = vocabulary.ids[END]
    values, ended = pad([[*sequence.tolist(), end] for sequence in sequences])
    field = Field(
        "tokens",
        len(vocabulary),
        sequence=True,
        vocabulary=vocabulary,
        tokenizer="spaces",
        name="y",
        max_length=int(counts.max()) + 1,
    )
    return Side(field, values, ended)
