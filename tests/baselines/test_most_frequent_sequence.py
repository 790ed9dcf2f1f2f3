import pytest
import torch

from rnnlab.baselines.most_frequent_sequence import MostFrequentSequence
from rnnlab.data.batch import Batch
from rnnlab.data.padding import pad
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.errors import ConfigError

IMAGE = Field("image", 4, sequence=False, shape=(1, 2, 2))
TOKENS = Field("tokens", 9, sequence=True)


def fitted(given, sequences: list[list[int]], target: Field = TOKENS) -> MostFrequentSequence:
    tokens, lengths = pad(sequences)
    baseline = MostFrequentSequence()
    inputs = torch.zeros(len(sequences), 1, 2, 2)
    baseline.fit(given(DataSpec(IMAGE, target), TensorSplit(inputs, tokens, None, lengths)))
    return baseline


def test_the_most_frequent_of_the_true_length(given) -> None:
    baseline = fitted(given, [[1, 3], [1, 4], [1, 4], [2, 2, 3], [2, 1, 4], [5], [5], [5]])
    target, lengths = pad([[8, 8, 8], [8], [8, 8], [8, 8, 8, 8]])

    output = baseline.output(Batch(torch.zeros(4, 1, 2, 2), target, None, lengths))

    assert output.values is None
    assert output.sequence is not None
    assert output.sequence_lengths is not None
    answers = [
        row[:length].tolist()
        for row, length in zip(output.sequence, output.sequence_lengths.tolist(), strict=True)
    ]
    # The tie of length three goes to the smaller ids; length four was never seen.
    assert answers == [[2, 1, 4], [5], [1, 4], [5]]


def test_all_steps_count_without_lengths(given) -> None:
    baseline = MostFrequentSequence()
    target = torch.tensor([[1, 2], [3, 4], [3, 4]])
    inputs = torch.zeros(3, 1, 2, 2)
    baseline.fit(given(DataSpec(IMAGE, TOKENS), TensorSplit(inputs, target)))

    output = baseline.output(Batch(inputs, target))

    assert output.sequence is not None
    assert output.sequence.tolist() == [[3, 4]] * 3


def test_other_targets_are_refused(given) -> None:
    with pytest.raises(ConfigError, match="needs sequences of tokens, not one of 9 tokens"):
        fitted(given, [[1]], Field("tokens", 9, sequence=False))
