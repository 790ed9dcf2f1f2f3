from dataclasses import fields

import pytest
import torch

from rnnlab.data.batch import Batch, valid_steps


def full_batch() -> Batch:
    return Batch(
        input=torch.rand(2, 3, 4),
        target=torch.zeros(2, dtype=torch.int64),
        lengths=torch.tensor([3, 1]),
        target_lengths=torch.tensor([1, 1]),
        reset=torch.zeros(2, 3, dtype=torch.bool),
        continues=True,
        surplus=True,
    )


def test_it_moves_as_a_whole_and_keeps_the_rest() -> None:
    moved = full_batch().to("meta")
    for field in fields(Batch):
        value = getattr(moved, field.name)
        assert value is True if field.type == "bool" else value.is_meta
    assert moved.device.type == "meta"
    assert len(moved) == 2


def test_what_is_not_there_stays_away() -> None:
    moved = Batch(torch.rand(5, 2)).to("meta")
    assert moved.target is moved.lengths is moved.target_lengths is moved.reset is None
    assert not moved.continues
    assert len(moved) == 5


@pytest.mark.skipif(not torch.cuda.is_available(), reason="page-locked memory needs CUDA")
def test_pinning_keeps_the_values() -> None:
    batch = full_batch()
    pinned = batch.pin_memory()
    assert pinned.input.is_pinned()
    assert torch.equal(pinned.input, batch.input)


def test_steps_before_the_length_are_valid() -> None:
    lengths = torch.tensor([0, 2, 4])
    mask = valid_steps(lengths, 4, torch.empty(3, 4))
    assert mask.tolist() == [[step < length for step in range(4)] for length in [0, 2, 4]]


def test_without_lengths_every_step_is_valid() -> None:
    mask = valid_steps(None, 3, torch.empty(2, 3, device="meta"))
    assert (mask.shape, mask.dtype, mask.device.type) == ((2, 3), torch.bool, "meta")
    assert valid_steps(None, 3, torch.empty(2)).all()
