from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.models.backbone import BackboneFactory
from rnnlab.models.decoding import beam, greedy
from rnnlab.models.encoder_decoder import EncoderDecoder
from rnnlab.models.scheduled_sampling import ScheduledSampling

Factories = Callable[..., BackboneFactory]
DOUBLE = torch.float64
LETTERS = Field("tokens", 7, sequence=True)
SOUNDS = Field("tokens", 4, sequence=True, max_length=5)
SPEC = DataSpec(LETTERS, SOUNDS)


def make(
    backbone: BackboneFactory, attention: str = "none", spec: DataSpec = SPEC
) -> EncoderDecoder:
    torch.manual_seed(0)
    model = EncoderDecoder(spec, backbone, embedding_size=3, attention=attention)  # type: ignore[arg-type]
    return model.double()


def batch() -> Batch:
    torch.manual_seed(1)
    return Batch(
        torch.randint(7, (3, 6)),
        torch.randint(4, (3, 5)),
        torch.tensor([6, 4, 1]),
        torch.tensor([2, 5, 3]),
    )


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_decoder_starts_from_the_state_and_reads_the_last_output(
    cell: str, recurrent: Factories
) -> None:
    model, given = make(recurrent(cell, layers=2)), batch()
    source, state = model.encode(given)
    assert model.encoder is not None
    output, last = model.encoder(model.embed(given.input), None, given.lengths)
    assert model.hands_over
    torch.testing.assert_close(state, last)
    torch.testing.assert_close(
        source.context, torch.stack([output[0, 5], output[1, 3], output[2, 0]])
    )
    assert source.memory is None
    expected = model.decoder(given.target, source, last, given.target_lengths)
    torch.testing.assert_close(model(given).values, expected)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_encoder_of_both_directions_gives_context_only(cell: str, recurrent: Factories) -> None:
    model, given = make(recurrent(cell, bidirectional=True), "general"), batch()
    assert not model.hands_over
    source, state = model.encode(given)
    assert source.context.shape == (3, 10)
    torch.testing.assert_close(state, model.decoder.init_state(3))
    values = model(given).values
    assert values is not None
    assert values.shape == (3, 5, 4)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("attention", ["none", "general"])
def test_padding_of_the_input_changes_nothing(
    attention: str, bidirectional: bool, recurrent: Factories
) -> None:
    reals = DataSpec(Field("reals", 3, sequence=True), SOUNDS)
    model = make(recurrent(bidirectional=bidirectional), attention, reals)
    given, x = batch(), torch.randn(3, 6, 3, dtype=DOUBLE)
    results = []
    for garbage in (0.0, torch.nan):
        dirty = x.clone()
        dirty[1, 4:] = dirty[2, 1:] = garbage
        model.zero_grad()
        output = model(Batch(dirty, given.target, given.lengths, given.target_lengths))
        output.values.sum().backward()
        results.append([output.values.detach(), *(p.grad.clone() for p in model.parameters())])
    torch.testing.assert_close(results[1], results[0], rtol=0, atol=0)


@pytest.mark.parametrize("attention", ["none", "dot"])
def test_free_running_log_probabilities_equal_teacher_forcing(
    attention: str, recurrent: Factories
) -> None:
    model, given = make(recurrent("lstm"), attention), batch()
    source, state = model.encode(given)
    begin = model.decoder.begin(source)
    decoded = beam(model.step_of(source, 3), state, begin, 2, 5, width=3)
    scored = model(
        Batch(given.input, decoded.tokens, given.lengths, target_lengths=decoded.lengths)
    ).values.log_softmax(-1)
    for b, length in enumerate(decoded.lengths.tolist()):
        tokens = decoded.tokens[b, :length]
        total = scored[b, :length].gather(1, tokens.unsqueeze(1)).sum()
        torch.testing.assert_close(decoded.log_probabilities[b].double(), total, rtol=0, atol=1e-6)
    narrow = beam(model.step_of(source), state, begin, 2, 5, width=1)
    assert torch.equal(narrow.tokens, greedy(model.step_of(source), state, begin, 2, 5).tokens)


def test_input_without_time_has_no_encoder(recurrent: Factories) -> None:
    spec = DataSpec(Field("image", 12, sequence=False, shape=(1, 3, 4)), SOUNDS)
    model = make(recurrent(), spec=spec)
    images = torch.randn(2, 1, 3, 4, dtype=DOUBLE)
    source, _ = model.encode(Batch(images))
    assert torch.equal(source.context, images.flatten(1))
    assert set(model.engines()) == set()
    model(Batch(images, torch.zeros(2, 5).long()))
    assert all(name.startswith("decoder.") for name in model.engines())


def test_engines_name_both_parts(recurrent: Factories) -> None:
    model = make(recurrent())
    model(batch())
    assert {name.split(".")[0] for name in model.engines()} == {"encoder", "decoder"}


def test_samples_its_own_answers_in_training_only(recurrent: Factories) -> None:
    model, given = make(recurrent()), batch()
    forced = model(given).values
    model.scheduled_sampling = ScheduledSampling(1.0)
    assert not torch.equal(model(given).values, forced)
    assert torch.equal(model.eval()(given).values, forced)


def test_refuses_a_carried_state_and_a_missing_target(recurrent: Factories) -> None:
    model = make(recurrent())
    with pytest.raises(ValueError, match="no state"):
        model(batch(), model.decoder.init_state(3))
    with pytest.raises(ValueError, match="needs targets"):
        model(Batch(batch().input))
