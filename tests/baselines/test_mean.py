import pytest
import torch

from rnnlab.baselines.mean import Mean
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit

PAST = Field("reals", 2, sequence=True)


def test_the_mean_of_vectors(given) -> None:
    target = torch.tensor([[1.0, 10.0], [2.0, 30.0], [6.0, 50.0]])
    mean = Mean()
    mean.fit(
        given(
            DataSpec(PAST, Field("reals", 2, sequence=False)),
            TensorSplit(torch.zeros(3, 4, 2), target),
        )
    )

    output = mean.output(Batch(torch.zeros(5, 4, 2), target))

    assert output.values is not None
    assert output.values.tolist() == [[3.0, 30.0]] * 5
    assert output.sequence is None


@pytest.mark.parametrize("aligned", [True, False])
def test_valid_steps_only_and_a_sequence_where_a_decoder_runs_freely(given, aligned: bool) -> None:
    target = torch.tensor([[[1.0], [99.0]], [[2.0], [3.0]]])
    lengths = torch.tensor([1, 2])
    mean = Mean()
    spec = DataSpec(PAST, Field("reals", 1, sequence=True), aligned=aligned)
    split = TensorSplit(
        torch.zeros(2, 2, 2),
        target,
        lengths if aligned else None,
        None if aligned else lengths,
    )
    mean.fit(given(spec, split))

    output = mean.output(split.batch(torch.arange(2)))

    assert output.values is not None
    assert output.values.flatten().tolist() == [2.0] * 4
    if aligned:
        assert output.sequence is None
    else:
        assert output.sequence is output.values
        assert output.sequence_lengths is not None
        assert output.sequence_lengths.tolist() == [1, 2]
