"""Rules for the spec: it is consistent, and the examples are what it says."""

from __future__ import annotations

import json
from math import prod

import torch
from torch import Tensor

from rnnlab.data.batch import UNCOUNTED, valid_steps
from rnnlab.data.dataset import Dataset
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import ExampleSplit, StreamSplit, TensorSplit
from rnnlab.testing.datasets.subject import DatasetSubject, count, parts, whole
from rnnlab.testing.rule import rule

_READABLE = ("test_parts_hold_examples", "test_spec_is_consistent")
_FITTING = ("test_inputs_are_what_the_spec_says", "test_targets_are_what_the_spec_says")


class DescriptionRules(DatasetSubject):
    """A task looks at the spec alone, so it must be true."""

    @rule()
    def test_make_dataset_makes_a_dataset(self) -> None:
        """``make_dataset`` gives a Dataset."""
        dataset = self.make_dataset()
        assert isinstance(dataset, Dataset), (
            f"make_dataset returned {type(dataset).__name__}; derive your class from "
            "rnnlab.data.dataset.Dataset"
        )
        assert isinstance(dataset.spec, DataSpec), (
            f"spec is a {type(dataset.spec).__name__}; return rnnlab.data.spec.DataSpec, by a "
            "property"
        )

    @rule("test_make_dataset_makes_a_dataset")
    def test_spec_is_consistent(self) -> None:
        """Sizes, vocabularies, scalers and flags agree with one another."""
        spec = self.dataset().spec
        for side, field in (("input", spec.input), ("target", spec.target)):
            problem = _problem(field)
            assert problem is None, f"spec.{side}: {problem}"
        if spec.aligned:
            assert spec.input.sequence and spec.target.sequence, (  # noqa: PT018
                "spec.aligned says that target step t belongs to input step t, but a side has no "
                "steps; set sequence=True there, or aligned=False"
            )
        for flag in ("stream", "next_step"):
            assert spec.aligned or not getattr(spec, flag), (
                f"spec.{flag} needs targets at every step; set aligned=True, or {flag}=False"
            )

    @rule("test_spec_is_consistent")
    def test_spec_survives_json(self) -> None:
        """A run folder keeps the spec, to predict without the data."""
        spec = self.dataset().spec
        again = DataSpec.from_dict(json.loads(json.dumps(spec.to_dict())))
        assert again == spec, (
            "DataSpec.from_dict(spec.to_dict()) differs from spec; use plain str, int, float and "
            "tuples in its fields"
        )

    @rule("test_make_dataset_makes_a_dataset")
    def test_parts_hold_examples(self) -> None:
        """``train``, ``val`` and ``test`` are splits, none of them empty, streams where said so."""
        dataset = self.dataset()
        for part, split in parts(dataset).items():
            assert isinstance(split, TensorSplit | StreamSplit | ExampleSplit), (
                f"split({part!r}) is a {type(split).__name__}; return a TensorSplit, StreamSplit "
                "or ExampleSplit of rnnlab.data.split"
            )
            assert count(split) > 0, (
                f"split({part!r}) is empty; give every part an example, or raise DataError when "
                "there are too few"
            )
            assert isinstance(split, StreamSplit) == dataset.spec.stream, (
                f"split({part!r}) is a {type(split).__name__}, and spec.stream is "
                f"{dataset.spec.stream}; a StreamSplit goes with stream=True"
            )

    @rule(*_READABLE)
    def test_inputs_are_what_the_spec_says(self) -> None:
        """Dtype, axes and sizes of the input are those of ``spec.input``."""
        self._check_side("input")

    @rule(*_READABLE)
    def test_targets_are_what_the_spec_says(self) -> None:
        """Dtype, axes and sizes of the target are those of ``spec.target``."""
        self._check_side("target")

    @rule(*_FITTING)
    def test_lengths_are_right(self) -> None:
        """Lengths are int64, at least 1, within the steps and within ``max_length``."""
        dataset = self.dataset()
        for part, split in parts(dataset).items():
            batch, spec = whole(split), dataset.spec
            sides = [("lengths", batch.input, batch.lengths, spec.input)]
            if batch.target is not None:
                aligned = batch.lengths if spec.aligned else batch.target_lengths
                sides.append(("target_lengths", batch.target, aligned, spec.target))
            for name, values, lengths, field in sides:
                problem = _length_problem(values, lengths, field, stream=spec.stream)
                assert problem is None, f"{name} of split({part!r}): {problem}"
            if spec.aligned and batch.target is not None:
                assert batch.target.shape[1] == batch.input.shape[1], (
                    f"split({part!r}) has {batch.input.shape[1]} input steps and "
                    f"{batch.target.shape[1]} target steps; aligned data has as many of both"
                )
                assert batch.target_lengths is None, (
                    f"split({part!r}) has target_lengths; leave them None where spec.aligned: "
                    "lengths count for both sides"
                )

    @rule("test_lengths_are_right")
    def test_values_are_in_range(self) -> None:
        """At valid steps ids lie in 0 to size - 1, and reals are finite.

        Aligned targets may be ``rnnlab.data.batch.UNCOUNTED`` at some steps.
        """
        dataset = self.dataset()
        for part, split in parts(dataset).items():
            batch, spec = whole(split), dataset.spec
            aligned = batch.lengths if spec.aligned else batch.target_lengths
            for side, values, lengths, field in (
                ("input", batch.input, batch.lengths, spec.input),
                ("target", batch.target, aligned, spec.target),
            ):
                if values is None:
                    continue
                valid = values
                if field.sequence and lengths is not None:
                    valid = values[valid_steps(lengths, values.shape[1], values)]
                if field.kind != "tokens":
                    assert valid.isfinite().all(), (
                        f"the {side} of split({part!r}) holds NaN or infinite values at valid "
                        "steps; leave such examples out, or fill the gaps"
                    )
                    continue
                if side == "target" and spec.aligned:
                    valid = valid[valid != UNCOUNTED]
                    assert len(valid) > 0, f"no target of split({part!r}) counts; all are UNCOUNTED"
                low, high = int(valid.min()), int(valid.max())
                assert low >= 0, f"the {side} of split({part!r}) holds the id {low}; begin at 0"
                assert high < field.size, (
                    f"the {side} of split({part!r}) holds the id {high}, and spec.{side}.size is "
                    f"{field.size}; the size is the number of ids, 0 to size - 1"
                )

    def _check_side(self, side: str) -> None:
        dataset = self.dataset()
        field: Field = getattr(dataset.spec, side)
        examples = {}
        for part, split in parts(dataset).items():
            values = getattr(whole(split), side)
            assert isinstance(values, Tensor), (
                f"the {side} of split({part!r}) is a {type(values).__name__}; make it a tensor"
            )
            wanted = torch.int64 if field.kind == "tokens" else torch.float32
            assert values.dtype == wanted, (
                f"the {side} of split({part!r}) is {values.dtype}; spec.{side}.kind is "
                f"{field.kind!r}, which is {wanted}"
            )
            lead = 2 if field.sequence else 1
            last: tuple[int, ...] = () if field.kind == "tokens" else (field.size,)
            last = field.shape or last
            axes = f"(N, {'T, ' if field.sequence else ''}{', '.join(map(str, last))})"
            assert values.dim() == lead + len(last) and tuple(values.shape[lead:]) == last, (  # noqa: PT018
                f"the {side} of split({part!r}) has the shape {tuple(values.shape)}; spec.{side} "
                f"says {axes}"
            )
            examples[part] = len(values)
        for part, split in parts(dataset).items():
            rows = len(whole(split).input)
            assert examples[part] == rows, (
                f"split({part!r}) has {rows} inputs and {examples[part]} targets; give one for each"
            )


def _problem(field: Field) -> str | None:
    if field.size < 1:
        return f"size is {field.size}; it is at least 1"
    if field.kind not in ("tokens", "reals", "image"):
        return f"kind is {field.kind!r}; use 'tokens', 'reals' or 'image'"
    if field.kind == "image" and (field.shape is None or prod(field.shape) != field.size):
        return f"size {field.size} is not the product of shape {field.shape}"
    if field.vocabulary is not None and len(field.vocabulary) != field.size:
        return f"size is {field.size} and the vocabulary has {len(field.vocabulary)} entries"
    if field.scaler is not None and len(field.scaler.mean) != field.size:
        return f"size is {field.size} and the scaler has {len(field.scaler.mean)} means"
    if field.max_length is not None and (not field.sequence or field.max_length < 1):
        return f"max_length is {field.max_length}; it counts the steps of a sequence"
    return None


def _length_problem(
    values: Tensor, lengths: Tensor | None, field: Field, *, stream: bool
) -> str | None:
    if not field.sequence:
        return (
            None if lengths is None else "there are some, but the spec says that there are no steps"
        )
    steps = values.shape[1]
    if lengths is not None:
        if lengths.dtype != torch.int64 or lengths.shape != (len(values),):
            return f"they are {lengths.dtype} {tuple(lengths.shape)}; make them int64 (N,)"
        low, high = int(lengths.min()), int(lengths.max())
        if low < 1:
            return f"one is {low}; leave examples without a step out"
        if high > steps:
            return f"one is {high}, and there are {steps} steps"
        steps = high
    if not stream and field.max_length is not None and steps > field.max_length:
        return f"one is {steps}, and the spec says max_length={field.max_length}"
    return None
