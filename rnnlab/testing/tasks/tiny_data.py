"""Tiny made-up data of every kind that a task may be given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rnnlab.data.batch import Batch, valid_steps
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.vocabulary import BEGIN, END, PAD, Vocabulary

_STEPS, _TARGET_STEPS = 5, 4
_LETTERS = Vocabulary((PAD, BEGIN, END, "a", "b", "c"))


@dataclass(frozen=True)
class Case:
    """One kind of data with a few examples of it.

    Args:
        spec: The description that a task is asked about.
        batch: B examples with targets, padded on the right where there are steps.
    """

    spec: DataSpec
    batch: Batch

    def __str__(self) -> str:
        kinds = f"{self.spec.input.describe()} -> {self.spec.target.describe()}"
        flags = [name for name in ("aligned", "next_step", "stream") if getattr(self.spec, name)]
        return f"{kinds} ({', '.join(flags)})" if flags else kinds


def cases() -> list[Case]:
    """Return one case for each kind of input and target and each way that they belong together."""
    vector, words, image = Field("reals", 3, False), Field("tokens", 6, False), _image(False)
    steps, tokens, frames = Field("reals", 3, True), Field("tokens", 6, True), _image(True)
    scaled = Scaler((1.0, -2.0), (3.0, 0.5))
    label = Field("tokens", 3, False, vocabulary=Vocabulary(("x", "y", "z")), name="label")
    value = Field("reals", 2, False, scaler=scaled)
    tags, curve = Field("tokens", 3, True), Field("reals", 2, True, scaler=scaled)
    text = Field("tokens", 6, True, vocabulary=_LETTERS, tokenizer="spaces", max_length=4)
    unbounded = Field("tokens", 6, True, vocabulary=_LETTERS, tokenizer="spaces")
    roll = Field("reals", 3, True, name="roll")
    own_past = Field("reals", 3, True, scaler=Scaler((1.0, -2.0, 0.0), (3.0, 0.5, 1.0)))
    specs = [
        DataSpec(vector, label),
        DataSpec(words, value),
        DataSpec(image, label),
        DataSpec(vector, _image(False)),
        DataSpec(steps, label),
        DataSpec(tokens, label),
        DataSpec(frames, value),
        DataSpec(own_past, value),
        DataSpec(tokens, tags, aligned=True),
        DataSpec(steps, curve, aligned=True),
        DataSpec(frames, tags, aligned=True),
        DataSpec(steps, frames, aligned=True),
        DataSpec(text, text, aligned=True, next_step=True),
        DataSpec(roll, roll, aligned=True, next_step=True),
        DataSpec(tokens, tokens, aligned=True, next_step=True, stream=True),
        DataSpec(vector, text),
        DataSpec(words, replace(tags, max_length=4)),
        DataSpec(image, replace(curve, max_length=4)),
        DataSpec(steps, text),
        DataSpec(tokens, text),
        DataSpec(tokens, replace(tags, max_length=4)),
        DataSpec(tokens, unbounded),
        DataSpec(frames, text),
        DataSpec(own_past, replace(curve, max_length=4)),
    ]
    return [Case(spec, examples(spec)) for spec in specs]


def examples(spec: DataSpec, rows: int = 4, seed: int = 0) -> Batch:
    """Return made-up examples: of different lengths, or without padding in a stream."""
    generator = torch.Generator().manual_seed(seed)
    lengths = target_lengths = None
    if spec.input.sequence and not spec.stream:
        lengths = _lengths(rows, _STEPS)
    if spec.target.sequence and not spec.aligned:
        target_lengths = _lengths(rows, _TARGET_STEPS).flip(0)
    if spec.next_step:
        values = _values(spec.input, rows, _STEPS + 1, generator)
        return Batch(values[:, :-1].contiguous(), values[:, 1:].contiguous(), lengths)
    inputs = _values(spec.input, rows, _STEPS, generator)
    targets = _values(spec.target, rows, _STEPS if spec.aligned else _TARGET_STEPS, generator)
    vocabulary = spec.target.vocabulary
    if target_lengths is not None and vocabulary is not None and vocabulary.end is not None:
        # Only letters before <eos>, which is the last valid step.
        targets = targets % 3 + 3
        targets[torch.arange(rows), target_lengths - 1] = vocabulary.end
    return Batch(inputs, targets, lengths, target_lengths)


def rows_of(batch: Batch, rows: Sequence[int] | slice) -> Batch:
    """Return some rows of a batch, padded as the batch is."""

    def cut(values: Tensor | None) -> Tensor | None:
        return None if values is None else values[rows]

    return replace(
        batch,
        input=batch.input[rows],
        target=cut(batch.target),
        lengths=cut(batch.lengths),
        target_lengths=cut(batch.target_lengths),
    )


def with_more_padding(batch: Batch, spec: DataSpec, steps: int = 2) -> Batch:
    """Return the same examples behind more padding, which holds NaN or an arbitrary token."""
    if batch.lengths is None and batch.target_lengths is None:
        return batch
    of_target = batch.lengths if spec.aligned else batch.target_lengths
    target = batch.target
    if target is not None and of_target is not None:
        target = _padded(target, of_target, steps)
    inputs = batch.input if batch.lengths is None else _padded(batch.input, batch.lengths, steps)
    return replace(batch, input=inputs, target=target)


def to_double(batch: Batch) -> Batch:
    """Return the batch with reals in float64."""

    def double(values: Tensor | None) -> Tensor | None:
        return values if values is None or not values.is_floating_point() else values.double()

    inputs = batch.input.double() if batch.input.is_floating_point() else batch.input
    return replace(batch, input=inputs, target=double(batch.target))


def _padded(values: Tensor, lengths: Tensor, steps: int) -> Tensor:
    rest = values.new_zeros(len(values), steps, *values.shape[2:])
    longer = torch.cat([values, rest], 1)
    garbage = torch.nan if values.is_floating_point() else 1
    valid = valid_steps(lengths, longer.shape[1], longer)
    return longer.masked_fill(~valid.reshape(*valid.shape, *(1,) * (longer.dim() - 2)), garbage)


def _image(sequence: bool) -> Field:
    return Field("image", 32, sequence, shape=(2, 4, 4))


def _lengths(rows: int, steps: int) -> Tensor:
    return steps - torch.arange(rows) * 2 % steps  # 5 3 1 4 of 5 steps


def _values(field: Field, rows: int, steps: int, generator: torch.Generator) -> Tensor:
    shape: tuple[int, ...] = (rows, steps) if field.sequence else (rows,)
    if field.kind == "tokens":
        return torch.randint(field.size, shape, generator=generator)
    if field.name == "roll":
        return torch.randint(2, (*shape, field.size), generator=generator).float()
    return torch.randn(*shape, *(field.shape or (field.size,)), generator=generator)
