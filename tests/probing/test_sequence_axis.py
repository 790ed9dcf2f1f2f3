from __future__ import annotations

import pytest
import torch

from rnnlab.data.batch import Batch
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.vocabulary import BEGIN, END, Vocabulary
from rnnlab.errors import ConfigError
from rnnlab.probing.sequence_axis import earlier_target_axis, input_axis

LETTERS = Vocabulary((END, "a", " ", "\n", "é\t"))
TEXT = Field("tokens", 5, True, vocabulary=LETTERS, name="text")
REALS = Field("reals", 2, True, scaler=Scaler((1.0, -2.0), (3.0, 0.5)), name="series")
CLASS = Field("tokens", 2, False)


def test_tokens_are_named_and_signs_without_a_form_made_visible() -> None:
    batch = Batch(torch.tensor([[1, 2, 3, 4, 0, 0]]), lengths=torch.tensor([5]))
    axis = input_axis(DataSpec(TEXT, CLASS), batch, 0)
    assert (axis.name, axis.steps, axis.values) == ("text", 5, None)
    assert axis.labels == ("a", "␣", "\\n", "é\\t", "<eos>")


def test_tokens_without_names_are_numbers() -> None:
    axis = input_axis(DataSpec(Field("tokens", 9, True), CLASS), Batch(torch.tensor([[7, 0]])), 0)
    assert axis.labels == ("7", "0")


def test_reals_are_in_the_units_of_the_data() -> None:
    raw = torch.tensor([[[4.0, -1.0], [10.0, 0.0], [1.0, 1.0]]])
    assert REALS.scaler is not None
    batch = Batch(REALS.scaler.transform(raw), lengths=torch.tensor([2]))
    axis = input_axis(DataSpec(REALS, CLASS), batch, 0)
    assert (axis.name, axis.steps, axis.labels) == ("series", 2, None)
    assert axis.values is not None
    torch.testing.assert_close(axis.values, raw[0, :2].double())


def test_images_are_counted() -> None:
    video = Field("image", 4, True, shape=(1, 2, 2))
    axis = input_axis(DataSpec(video, CLASS), Batch(torch.zeros(1, 3, 1, 2, 2)), 0)
    assert (axis.steps, axis.labels, axis.values) == (3, None, None)


def test_an_input_without_time_is_one_step() -> None:
    spec = DataSpec(Field("reals", 2, False), CLASS)
    axis = input_axis(spec, Batch(torch.tensor([[1.0, 2.0]])), 0)
    assert axis.steps == 1
    assert axis.values is not None
    assert axis.values.tolist() == [[1, 2]]


def test_a_decoder_reads_its_target_one_step_late() -> None:
    spec = DataSpec(Field("reals", 2, False), TEXT)
    batch = Batch(
        torch.zeros(3, 2),
        torch.tensor([[1, 3, 0], [1, 1, 0], [0, 0, 0]]),
        target_lengths=torch.tensor([3, 1, 0]),
    )
    labels = [earlier_target_axis(spec, batch, b).labels for b in range(3)]
    assert labels == [(BEGIN, "a", "\\n"), (BEGIN,), ()]


def test_a_decoder_of_reals_begins_without_a_value() -> None:
    spec = DataSpec(Field("reals", 2, False), Field("reals", 1, True))
    batch = Batch(torch.zeros(1, 2), torch.tensor([[[5.0], [6.0], [7.0]]]))
    axis = earlier_target_axis(spec, batch, 0)
    assert axis.values is not None
    assert axis.values[0].isnan().all()
    assert axis.values[1:].tolist() == [[5], [6]]
    assert axis.steps == 3


def test_what_is_not_there_is_refused() -> None:
    spec = DataSpec(TEXT, TEXT)
    batch = Batch(torch.tensor([[1]]))
    with pytest.raises(ConfigError, match="row=1: no such sequence in the batch; valid: 0 to 0"):
        input_axis(spec, batch, 1)
    with pytest.raises(ValueError, match="the batch has none of"):
        earlier_target_axis(spec, batch, 0)
