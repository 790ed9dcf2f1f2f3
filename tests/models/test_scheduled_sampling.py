from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from rnnlab.data.spec import Field
from rnnlab.models.backbone import BackboneFactory
from rnnlab.models.decoder import Decoder, Source
from rnnlab.models.decoding import feed_back
from rnnlab.models.scheduled_sampling import ScheduledSampling, unroll_sampled

Factories = Callable[..., BackboneFactory]
DOUBLE = torch.float64


def test_rises_linearly_then_stays() -> None:
    schedule = ScheduledSampling(0.5, epochs=4)
    reached = []
    for epoch in range(6):
        schedule.on_epoch(epoch)
        reached.append(schedule.probability)
    assert reached == pytest.approx([0, 0.125, 0.25, 0.375, 0.5, 0.5])
    assert ScheduledSampling(0.5).probability == 0.5
    assert ScheduledSampling().probability == 0


@pytest.mark.parametrize("kind", ["tokens", "reals"])
def test_never_sampling_is_teacher_forcing(kind: str, recurrent: Factories) -> None:
    decoder = Decoder(Field(kind, 4, sequence=True), recurrent(), context_size=3).double()  # type: ignore[arg-type]
    source = Source(torch.randn(2, 3, dtype=DOUBLE))
    target = torch.randint(4, (2, 5)) if kind == "tokens" else torch.randn(2, 5, 4, dtype=DOUBLE)
    state = decoder.init_state(2)
    made = unroll_sampled(decoder, target, source, state, None, 0.0)
    torch.testing.assert_close(made, decoder(target, source, state))


def test_always_sampling_reals_is_running_freely(recurrent: Factories) -> None:
    decoder = Decoder(Field("reals", 2, sequence=True), recurrent(), context_size=3).double()
    source = Source(torch.randn(3, 3, dtype=DOUBLE))
    target, state = torch.randn(3, 6, 2, dtype=DOUBLE), decoder.init_state(3)
    made = unroll_sampled(decoder, target, source, state, None, 1.0)
    free = feed_back(lambda x, s: decoder.step(x, source, s), state, decoder.begin(source), 6)
    torch.testing.assert_close(made, free)


def test_rows_read_their_own_answer_as_often_as_asked(recurrent: Factories) -> None:
    field = Field("tokens", 2, sequence=True)
    decoder = Decoder(field, recurrent(), context_size=1, embedding_size=2)
    with torch.no_grad():  # it always answers 1, and the truth is always 0
        decoder.head.weight.zero_()
        decoder.head.bias.copy_(torch.tensor([-50.0, 50.0]))
    read: list[torch.Tensor] = []
    decoder.embed.register_forward_pre_hook(lambda _, given: read.append(given[0]))
    N = 2000
    torch.manual_seed(0)
    source, target = Source(torch.zeros(N, 1)), torch.zeros(N, 3, dtype=torch.long)
    unroll_sampled(decoder, target, source, decoder.init_state(N), None, 0.3)
    assert bool((read[0] == 2).all())
    for tokens in read[1:]:
        assert float(tokens.float().mean()) == pytest.approx(0.3, abs=0.04)


def test_padding_of_the_target_may_hold_anything(recurrent: Factories) -> None:
    decoder = Decoder(Field("tokens", 4, sequence=True), recurrent(), context_size=3)
    source, target = Source(torch.randn(2, 3)), torch.tensor([[1, 2, 3], [1, -9, -9]])
    made = unroll_sampled(decoder, target, source, decoder.init_state(2), torch.tensor([3, 1]), 0.5)
    assert torch.isfinite(made).all()
