from __future__ import annotations

import pytest
import torch

from rnnlab.recurrence.engines.compiled.chunks_layout import Batch, Grid, chunk_steps


@pytest.mark.parametrize(
    ("T", "steps"), [(1, 8), (5, 5), (12, 12), (100, 10), (64, 8), (97, 11), (1000, 10)]
)
def test_steps_of_a_chunk(T: int, steps: int) -> None:
    assert chunk_steps(T) == steps


@pytest.mark.parametrize("B", [1, 3])
def test_rows_come_back_as_they_were(B: int) -> None:
    batch, leaf = Batch(B), torch.randn(5, B, 2)
    rows, steps = batch.rows([leaf[0]])[0], batch.timed([leaf])[0]
    assert rows.shape == (max(B, 2), 2)
    assert torch.equal(batch.back(rows), leaf[0])
    assert torch.equal(batch.back(steps, 1), leaf)


def test_padding_is_not_valid_and_repeats_the_last_step() -> None:
    grid, leaf = Grid(T=4, steps=3), torch.randn(4, 2, 1)
    valid, reset = grid.masks(Batch(2), None, None, leaf)
    assert torch.equal(torch.stack(valid)[:, 0], torch.arange(6) < 4)
    assert not torch.stack(reset).any()
    assert torch.equal(torch.stack(grid.sequence(leaf)), leaf[[0, 1, 2, 3, 3, 3]])


def test_whole_chunks_of_whole_sequences_need_no_masks() -> None:
    assert Grid(T=6, steps=3).masks(Batch(2), None, None, torch.empty(2)) == []
