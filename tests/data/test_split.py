import torch

from rnnlab.data.split import StreamSplit, TensorSplit

LENGTHS = torch.tensor([1, 3, 5, 2])


def test_a_batch_is_the_examples_asked_for() -> None:
    split = TensorSplit(torch.arange(12.0).reshape(4, 3), torch.arange(4))
    batch = split.batch(torch.tensor([2, 0]))
    assert batch.input.tolist() == [[6, 7, 8], [0, 1, 2]]
    assert batch.target is not None
    assert batch.target.tolist() == [2, 0]
    assert batch.lengths is batch.target_lengths is None
    assert len(split) == 4


def test_inputs_are_cut_to_the_longest_of_the_batch() -> None:
    split = TensorSplit(torch.rand(4, 5, 2), torch.arange(4), LENGTHS)
    batch = split.batch(torch.tensor([0, 1, 3]))
    assert torch.equal(batch.input, split.input[[0, 1, 3], :3])
    assert batch.lengths is not None
    assert batch.lengths.tolist() == [1, 3, 2]


def test_aligned_targets_are_cut_with_the_inputs() -> None:
    labels = torch.arange(20).reshape(4, 5)
    reals = torch.rand(4, 5, 5)
    for target in (labels, reals):
        batch = TensorSplit(torch.rand(4, 5, 2), target, LENGTHS).batch(torch.tensor([3, 1]))
        assert batch.target is not None
        assert torch.equal(batch.target, target[[3, 1], :3])


def test_a_real_vector_is_not_cut_though_it_has_as_many_values_as_steps() -> None:
    target = torch.rand(4, 5)
    batch = TensorSplit(torch.rand(4, 5, 2), target, LENGTHS).batch(torch.tensor([0, 1]))
    assert batch.target is not None
    assert torch.equal(batch.target, target[:2])


def test_target_sequences_are_cut_by_their_own_lengths() -> None:
    target = torch.arange(20).reshape(4, 5)
    split = TensorSplit(torch.rand(4, 5, 2), target, LENGTHS, torch.tensor([4, 2, 5, 1]))
    batch = split.batch(torch.tensor([1, 3]))
    assert batch.input.shape[1] == 3
    assert batch.target is not None
    assert torch.equal(batch.target, target[[1, 3], :2])
    assert batch.target_lengths is not None
    assert batch.target_lengths.tolist() == [2, 1]


def test_targets_without_input_lengths_are_cut_too() -> None:
    split = TensorSplit(torch.rand(4, 1, 8, 8), torch.zeros(4, 6), target_lengths=LENGTHS)
    batch = split.batch(torch.tensor([1, 0]))
    assert batch.input.shape == (2, 1, 8, 8)
    assert batch.target is not None
    assert batch.target.shape == (2, 3)


def test_a_batch_of_empty_sequences_keeps_one_step() -> None:
    split = TensorSplit(torch.rand(2, 5, 2), torch.arange(2), torch.zeros(2, dtype=torch.int64))
    assert split.batch(torch.tensor([0, 1])).input.shape == (2, 1, 2)


def test_the_length_of_a_stream_is_its_steps() -> None:
    assert len(StreamSplit(torch.arange(7), torch.arange(7))) == 7


def test_the_first_examples() -> None:
    split = TensorSplit(torch.arange(8).reshape(4, 2), torch.arange(4), LENGTHS, LENGTHS + 1)
    few = split.first(2)
    assert few.input.tolist() == [[0, 1], [2, 3]]
    assert few.target.tolist() == [0, 1]
    assert few.lengths is not None
    assert few.target_lengths is not None
    assert (few.lengths.tolist(), few.target_lengths.tolist()) == ([1, 3], [2, 4])
    assert len(split.first(9)) == 4
    assert TensorSplit(split.input, split.target).first(1).lengths is None
