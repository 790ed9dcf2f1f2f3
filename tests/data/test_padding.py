import torch

from rnnlab.data.padding import pad_ids


def test_shorter_sequences_are_padded_on_the_right() -> None:
    ids, lengths = pad_ids([[3, 4], [5], []])
    assert torch.equal(ids, torch.tensor([[3, 4], [5, 0], [0, 0]]))
    assert torch.equal(lengths, torch.tensor([2, 1, 0]))


def test_there_is_always_a_step() -> None:
    assert pad_ids([[]])[0].shape == (1, 1)
    assert pad_ids([])[0].shape == (0, 1)
