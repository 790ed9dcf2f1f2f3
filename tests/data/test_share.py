from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.data.batch import Batch
from rnnlab.data.loading import Loader, TensorLoader
from rnnlab.data.share import SharedLoader, SizedSharedLoader, share, shared
from rnnlab.data.split import TensorSplit

TENSORS = [field.name for field in fields(Batch) if field.name not in ("continues", "surplus")]


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Batches whose fields all tell the row that they belong to."""
    rows, steps = draw(st.integers(1, 9)), draw(st.integers(1, 4))
    row = torch.arange(rows)
    values = {
        "input": (row[:, None, None] + torch.zeros(rows, steps, 2)),
        "target": 10 + row[:, None].expand(rows, steps),
        "lengths": 20 + row,
        "target_lengths": 30 + row,
        "reset": (row[:, None] % 2 == 0).expand(rows, steps),
    }
    kept = {name: value for name, value in values.items() if name == "input" or draw(st.booleans())}
    return Batch(**kept, continues=draw(st.booleans()))


@settings(deadline=None, max_examples=60)
@given(batches(), st.integers(1, 5))
def test_the_shares_together_are_the_batch_each_row_once(batch: Batch, processes: int) -> None:
    shares = [share(batch, rank, processes) for rank in range(processes)]
    assert all(part.continues == batch.continues for part in shares)
    assert all(len(part) >= 1 for part in shares)
    counted = [part for part in shares if not part.surplus]
    assert len(counted) == min(len(batch), processes)
    sizes = [len(part) for part in counted]
    assert sum(sizes) == len(batch)
    assert max(sizes) - min(sizes) <= 1
    for name in TENSORS:
        whole = getattr(batch, name)
        if whole is None:
            assert all(getattr(part, name) is None for part in shares)
            continue
        # Padding is not cut: all shares have the batch's number of steps.
        assert all(getattr(part, name).shape[1:] == whole.shape[1:] for part in shares)
        together = torch.zeros_like(whole)
        for rank, part in enumerate(counted):
            together[rank::processes] = getattr(part, name)
        assert torch.equal(together, whole)
    rows = torch.cat([part.input[:, 0, 0] for part in counted])
    assert sorted(rows.tolist()) == list(range(len(batch)))


@settings(deadline=None, max_examples=20)
@given(batches(), st.integers(1, 5))
def test_a_surplus_share_is_the_first_row(batch: Batch, more: int) -> None:
    part = share(batch, len(batch) + more - 1, len(batch) + more)
    assert part.surplus
    for name in TENSORS:
        if getattr(batch, name) is not None:
            assert torch.equal(getattr(part, name), getattr(batch, name)[:1])


def make() -> TensorLoader:
    split = TensorSplit(torch.arange(11.0)[:, None], torch.arange(11))
    return TensorLoader(split, 4, shuffle=True, seed=3)


class Unsized(Loader):
    def batches(self) -> Iterator[Batch]:
        yield Batch(torch.full((2, 1), float(self.epoch)))


def test_a_shared_loader_has_as_many_batches_as_the_whole_one() -> None:
    whole = make()
    parts = [shared(make(), rank, 3) for rank in range(3)]
    for part in parts:
        assert isinstance(part, SizedSharedLoader)
        assert len(part) == len(whole) == len(list(part)) == 3
    unsized = shared(Unsized(), 1, 2)
    assert isinstance(unsized, SharedLoader)
    assert not hasattr(unsized, "__len__")
    alone = make()
    assert shared(alone, 0, 1) is alone


def test_epoch_and_start_reach_the_batches() -> None:
    whole, parts = make(), [shared(make(), rank, 2) for rank in range(2)]
    for epoch in (0, 2):
        for loader in (whole, *parts):
            loader.epoch, loader.start = epoch, (2, 1)
        expected = list(whole)
        assert len(expected) == (3 if epoch == 0 else 2)
        for batch, *halves in zip(expected, *parts, strict=True):
            for rank, half in enumerate(halves):
                assert torch.equal(half.input, batch.input[rank::2])
    (batch,) = shared(Unsized(), 0, 2)
    assert batch.input.tolist() == [[0.0]]
