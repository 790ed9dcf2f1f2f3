"""What stands below the steps of one sequence: its tokens or its values."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.vocabulary import BEGIN
from rnnlab.errors import ConfigError


@dataclass(frozen=True, eq=False)
class SequenceAxis:
    """The L steps of one sequence, as a person knows them.

    Args:
        name: What is read, such as the name of a column.
        labels: L tokens, spaces and control characters made visible; None for reals and images.
        values: ``(L, F)`` float64 in the units of the data, on the CPU; None for tokens and images.
        steps: L.
    """

    name: str
    labels: tuple[str, ...] | None
    values: Tensor | None
    steps: int


def input_axis(spec: DataSpec, batch: Batch, row: int) -> SequenceAxis:
    """Return the axis of what a row's valid steps read.

    Raises:
        ConfigError: There is no such row.
    """
    check_row(row, len(batch))
    read = batch.input[row] if spec.input.sequence else batch.input[row].unsqueeze(0)
    if batch.lengths is not None and spec.input.sequence:
        read = read[: int(batch.lengths[row])]
    return _axis(spec.input, read)


def earlier_target_axis(spec: DataSpec, batch: Batch, row: int) -> SequenceAxis:
    """Return the axis of what a decoder reads: the target one step late, ``<bos>`` at first.

    Where the target is reals the first step has NaN: a decoder begins there with no value of the
    data.

    Raises:
        ConfigError: There is no such row.
        ValueError: The batch has no targets.
    """
    check_row(row, len(batch))
    if batch.target is None:
        raise ValueError("a decoder's steps are told by targets, which the batch has none of")
    target = batch.target[row]
    steps = len(target) if batch.target_lengths is None else int(batch.target_lengths[row])
    earlier = _axis(spec.target, target[: max(0, steps - 1)])
    labels, values = earlier.labels, earlier.values
    if labels is not None:
        labels = (BEGIN, *labels)[:steps]
    if values is not None:
        values = torch.cat([values.new_full((1, values.shape[1]), torch.nan), values])[:steps]
    return SequenceAxis(earlier.name, labels, values, steps)


def check_row(row: int, rows: int) -> None:
    """Check that a batch has such a row.

    Raises:
        ConfigError: It has not.
    """
    if not 0 <= row < rows:
        raise ConfigError(
            "no such sequence in the batch", key="row", value=row, valid=[f"0 to {rows - 1}"]
        )


def _axis(field: Field, read: Tensor) -> SequenceAxis:
    if field.kind == "tokens":
        names = None if field.vocabulary is None else field.vocabulary.tokens
        ids = read.tolist()
        tokens = (str(i) if names is None or i >= len(names) else _visible(names[i]) for i in ids)
        return SequenceAxis(field.name, tuple(tokens), None, len(read))
    if field.kind == "image":
        return SequenceAxis(field.name, None, None, len(read))
    values = read.cpu().double()
    if field.scaler is not None:
        values = field.scaler.inverse(values)
    return SequenceAxis(field.name, None, values, len(read))


def _visible(token: str) -> str:
    return "".join(map(_shown, token))


def _shown(sign: str) -> str:
    if sign == " ":
        return "␣"
    return sign if sign.isprintable() else sign.encode("unicode_escape").decode()
