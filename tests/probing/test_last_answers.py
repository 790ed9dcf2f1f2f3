from __future__ import annotations

import pytest
import torch

from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.models.output import Output
from rnnlab.probing.last_answers import last_answers

SERIES, VALUE = Field("reals", 1, True), Field("reals", 1, False)
VALUES = torch.arange(6.0).reshape(2, 3, 1)


def test_of_an_answer_at_each_step_it_is_that_of_the_last_valid_one() -> None:
    spec = DataSpec(SERIES, SERIES, aligned=True)
    found = last_answers(spec, Output(VALUES), Batch(VALUES, lengths=torch.tensor([2, 3])))
    assert found.values.tolist() == [[[1]], [[5]]]
    assert found.valid.tolist() == [[True], [True]]
    assert last_answers(spec, Output(VALUES), Batch(VALUES)).values.flatten().tolist() == [2, 5]


def test_of_a_decoder_it_is_all_of_them() -> None:
    batch = Batch(torch.zeros(2, 7, 1), VALUES, target_lengths=torch.tensor([1, 3]))
    found = last_answers(DataSpec(SERIES, SERIES), Output(VALUES), batch)
    assert found.values is VALUES
    assert found.valid.tolist() == [[True, False, False], [True, True, True]]


def test_the_only_answer_is_the_last() -> None:
    found = last_answers(DataSpec(SERIES, VALUE), Output(VALUES[:, 0]), Batch(VALUES))
    assert found.values.tolist() == [[[0]], [[3]]]


def test_a_model_that_only_names_sequences_is_refused() -> None:
    with pytest.raises(ValueError, match="without values"):
        last_answers(DataSpec(SERIES, SERIES), Output(None), Batch(VALUES))
