import torch

from rnnlab.data.batch import Batch
from rnnlab.data.collate import collate_tokens


def example(ids: list[int], target: list[int], sequence: bool) -> Batch:
    goal = torch.tensor([target] if sequence else target)
    lengths = torch.tensor([len(target)]) if sequence else None
    return Batch(torch.tensor([ids]), goal, torch.tensor([len(ids)]), lengths)


def test_classes_and_padded_inputs() -> None:
    batch = collate_tokens([example([3, 4], [1], False), example([5], [0], False)])
    assert batch.input.tolist() == [[3, 4], [5, 0]]
    assert batch.target is not None
    assert batch.target.tolist() == [1, 0]
    assert batch.lengths is not None
    assert batch.lengths.tolist() == [2, 1]
    assert batch.target_lengths is None


def test_sequences_are_padded_on_both_sides() -> None:
    batch = collate_tokens([example([3], [7, 8], True), example([5, 6], [9], True)])
    assert batch.input.tolist() == [[3, 0], [5, 6]]
    assert batch.target is not None
    assert batch.target.tolist() == [[7, 8], [9, 0]]
    assert batch.target_lengths is not None
    assert batch.target_lengths.tolist() == [2, 1]
