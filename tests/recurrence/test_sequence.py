from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.recurrence.sequence import mask_padding, reverse_padded, reverse_reset


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.sampled_from([(), (2,), (2, 3)]))
def test_reversing_twice_gives_the_sequence_back(
    lengths: list[int], features: tuple[int, ...]
) -> None:
    x, known = torch.randn(len(lengths), 5, *features), torch.tensor(lengths)
    backwards = reverse_padded(x, known)
    for b, length in enumerate(lengths):
        assert torch.equal(backwards[b, :length], x[b, :length].flip(0))
        assert torch.equal(backwards[b, length:], x[b, length:])
    assert torch.equal(reverse_padded(backwards, known), x)


def test_reversing_without_lengths_flips_time() -> None:
    x = torch.arange(6).reshape(1, 3, 2)
    assert reverse_padded(x, None).tolist() == [[[4, 5], [2, 3], [0, 1]]]


def test_a_reset_before_a_step_is_met_after_it_when_reading_backwards() -> None:
    reset = torch.tensor([[1, 0, 0, 1, 0], [0, 0, 1, 1, 0]]).bool()
    # Row 0: the border between steps 2 and 3 is met on the way to step 2, the third backwards.
    assert reverse_reset(reset, None).int().tolist() == [[0, 0, 1, 0, 0], [0, 0, 1, 1, 0]]
    # Row 1 ends after step 2, so that the border before step 3 lies in the padding.
    lengths = torch.tensor([5, 3])
    assert reverse_reset(reset, lengths).int().tolist() == [[0, 0, 1, 0, 0], [0, 1, 0, 0, 0]]


def test_masking_removes_nan_and_its_gradient() -> None:
    x = torch.tensor([[[1.0], [float("nan")]]], requires_grad=True)
    masked = mask_padding(x, torch.tensor([1]))
    assert masked.tolist() == [[[1.0], [0.0]]]
    masked.square().sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[[2.0], [0.0]]]


def test_no_lengths_no_copy() -> None:
    x = torch.randn(1, 2, 3)
    assert mask_padding(x, None) is x
