from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from rnnlab.data.batch import Batch
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec, Field
from rnnlab.models.backbone import BackboneFactory
from rnnlab.models.decoder import Attention
from rnnlab.models.decoding import feed_back
from rnnlab.models.encoder_decoder import EncoderDecoder
from rnnlab.models.relative import relative_to_last
from rnnlab.models.scheduled_sampling import ScheduledSampling
from rnnlab.models.sequence_model import SequenceModel

Factories = Callable[..., BackboneFactory]
LENGTHS = torch.tensor([4, 2])
NEXT = DataSpec(Field("reals", 2, sequence=True), Field("reals", 1, sequence=False))
AHEAD = DataSpec(NEXT.input, Field("reals", 1, sequence=True, max_length=3))
SHIFT = torch.tensor([5.0, -30.0]).double()[:, None]  # of each row's own past


def batch(shift: torch.Tensor | float = 0.0, padding: float = 0.0) -> Batch:
    torch.manual_seed(1)
    x, y = torch.randn(2, 4, 2).double(), torch.randn(2, 3, 1).double()
    x[..., 0] += shift
    x[1, 2:] = padding
    return Batch(x, y + torch.as_tensor(shift).reshape(-1, 1, 1), LENGTHS, torch.tensor([3, 3]))


def test_the_own_past_is_told_from_its_last_valid_value_and_the_rest_is_left() -> None:
    of_input, of_target = Scaler((10.0, 0.0), (2.0, 1.0)), Scaler((0.0,), (5.0,))
    spec = DataSpec(
        Field("reals", 2, sequence=True, scaler=of_input),
        Field("reals", 1, sequence=False, scaler=of_target),
    )
    units = torch.tensor([[[20.0, 7.0], [30.0, 8.0], [50.0, 9.0]]])

    read, level = relative_to_last(Batch(of_input.transform(units)), spec)

    # 20, 30 and 50 are -30, -20 and 0 from the last, in deviations of 2; 50 is ten times 5.
    assert read.input.tolist() == [[[-15.0, 7.0], [-10.0, 8.0], [0.0, 9.0]]]
    assert level.tolist() == [[10.0]]


def test_untrained_it_persists_and_padding_changes_nothing(recurrent: Factories) -> None:
    model = SequenceModel(NEXT, recurrent(), relative=True).double()
    values = model(batch(padding=torch.nan)).values
    torch.testing.assert_close(values, model(batch(padding=3.0)).values)
    torch.nn.init.zeros_(model.head.weight)
    torch.nn.init.zeros_(model.head.bias)
    given = batch()
    expected = torch.stack([given.input[0, 3, :1], given.input[1, 1, :1]])
    torch.testing.assert_close(model(given).values, expected)


@pytest.mark.parametrize("relative", [False, True])
def test_a_shift_of_the_past_shifts_the_answer(relative: bool, recurrent: Factories) -> None:
    torch.manual_seed(0)
    model = SequenceModel(NEXT, recurrent(), relative=relative).double()
    moved, expected = model(batch(SHIFT)).values, model(batch()).values + SHIFT
    assert torch.allclose(moved, expected) == relative


@pytest.mark.parametrize("attention", ["none", "dot"])
def test_a_shift_of_the_past_shifts_a_whole_forecast(
    attention: Attention, recurrent: Factories
) -> None:
    torch.manual_seed(0)
    model = EncoderDecoder(AHEAD, recurrent(), attention=attention, relative=True).double()

    def answers(given: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        source, state = model.encode(given)
        free = feed_back(model.step_of(source), state, model.decoder.begin(source), 3)
        return model(given).values, free

    for moved, value in zip(answers(batch(SHIFT)), answers(batch()), strict=True):
        torch.testing.assert_close(moved, value + SHIFT[:, None])


def test_running_freely_is_forcing_on_its_own_answers(recurrent: Factories) -> None:
    torch.manual_seed(0)
    sampling = ScheduledSampling(1.0)
    model = EncoderDecoder(AHEAD, recurrent(), relative=True, scheduled_sampling=sampling).double()
    given = batch()
    source, state = model.encode(given)
    free = feed_back(model.step_of(source), state, model.decoder.begin(source), 3)

    torch.testing.assert_close(model.train()(given).values, free)
    own = Batch(given.input, free.detach(), LENGTHS, given.target_lengths)
    torch.testing.assert_close(model.eval()(own).values, free)
