import torch

from rnnlab.baselines.training import answer_shape, class_counts, training_batches, valid_targets
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import StreamSplit, TensorSplit

SEQUENCE = Field("tokens", 4, sequence=True)
CLASS = Field("tokens", 4, sequence=False)


def test_the_training_part_is_given_once_in_order(given) -> None:
    split = TensorSplit(torch.arange(2500)[:, None], torch.zeros(2500, dtype=torch.int64))
    dataset = given(DataSpec(SEQUENCE, CLASS), split)

    batches = list(training_batches(dataset))

    assert torch.equal(torch.cat([batch.input for batch in batches]), split.input)
    assert dataset.asked_for == ["train"]


def test_padding_is_no_target() -> None:
    lengths = torch.tensor([1, 3])
    target = torch.tensor([[1, 9, 9], [2, 3, 1]])
    aligned = Batch(torch.zeros(2, 3), target, lengths)
    free = Batch(torch.zeros(2, 5), target, torch.tensor([5, 5]), lengths)

    assert valid_targets(aligned, DataSpec(SEQUENCE, SEQUENCE, aligned=True)).tolist() == [
        1, 2, 3, 1,
    ]  # fmt: skip
    assert valid_targets(free, DataSpec(SEQUENCE, SEQUENCE)).tolist() == [1, 2, 3, 1]


def test_every_step_of_a_stream_is_counted(given) -> None:
    stream = StreamSplit(torch.zeros(5001, dtype=torch.int64), torch.arange(5001) % 4)
    dataset = given(DataSpec(SEQUENCE, SEQUENCE, aligned=True, stream=True), stream)

    assert class_counts(dataset).tolist() == [1251, 1250, 1250, 1250]


def test_there_is_one_answer_for_each_target() -> None:
    target = torch.zeros(3, 5, dtype=torch.int64)

    assert answer_shape(Batch(torch.zeros(3, 7), target[:, 0]), DataSpec(SEQUENCE, CLASS)) == (3,)
    assert answer_shape(Batch(torch.zeros(3, 7), target), DataSpec(SEQUENCE, SEQUENCE)) == (3, 5)
    aligned = DataSpec(SEQUENCE, SEQUENCE, aligned=True)
    assert answer_shape(Batch(torch.zeros(3, 7), None), aligned) == (3, 7)
