from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from rnnlab.data.spec import Field
from rnnlab.data.vocabulary import BEGIN, END, Vocabulary
from rnnlab.errors import ConfigError
from rnnlab.models.backbone import Backbone, BackboneFactory
from rnnlab.models.decoder import Decoder, Source
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab.models.window_mlp import WindowMLP

Factories = Callable[..., BackboneFactory]
DOUBLE = torch.float64

TARGETS = {
    "tokens": Field("tokens", 6, sequence=True),
    "reals": Field("reals", 2, sequence=True),
}


def draw_target(kind: str, B: int, L: int) -> torch.Tensor:
    return torch.randint(6, (B, L)) if kind == "tokens" else torch.randn(B, L, 2, dtype=DOUBLE)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("attention", ["none", "dot", "general"])
@pytest.mark.parametrize("kind", TARGETS)
def test_teacher_forcing_equals_feeding_the_true_target_by_hand(
    kind: str, attention: str, cell: str, recurrent: Factories
) -> None:
    decoder = Decoder(
        TARGETS[kind],
        recurrent(cell, layers=2),
        context_size=3,
        memory_size=5,
        attention=attention,  # type: ignore[arg-type]
    ).double()
    lengths = torch.tensor([4, 1, 0])
    source = Source(
        torch.randn(3, 3, dtype=DOUBLE),
        torch.randn(3, 7, 5, dtype=DOUBLE),
        torch.tensor([7, 2, 4]),
    )
    target, initial = draw_target(kind, 3, 4), decoder.init_state(3)
    together = decoder(target, source, initial)
    padded = decoder(target, source, initial, lengths)
    state, earlier = initial, decoder.begin(source)
    for t in range(4):
        values, state = decoder.step(earlier, source, state)
        torch.testing.assert_close(together[:, t], values)
        for b, length in enumerate(lengths.tolist()):
            if t < length:
                torch.testing.assert_close(padded[b, t], values[b])
        earlier = target[:, t].to(earlier.dtype)


@pytest.mark.parametrize("kind", TARGETS)
def test_no_step_reads_its_own_target(kind: str, recurrent: Factories) -> None:
    decoder = Decoder(TARGETS[kind], recurrent(), context_size=3).double()
    source = Source(torch.randn(1, 3, dtype=DOUBLE))
    target = draw_target(kind, 1, 5)
    before = decoder(target, source)
    target[:, 2] = (target[:, 2] + 1) % 6 if kind == "tokens" else 9.0
    changed = (decoder(target, source) != before).any(2)[0]
    assert changed.tolist() == [False, False, False, True, True]


def test_first_step_reads_bos_or_a_token_of_its_own(recurrent: Factories) -> None:
    source = Source(torch.zeros(2, 3))
    vocabulary = Vocabulary(("a", BEGIN, END))
    listed = Field("tokens", 3, sequence=True, vocabulary=vocabulary)
    decoder = Decoder(listed, recurrent(), context_size=3, embedding_size=4)
    assert decoder.begin(source).tolist() == [1, 1]
    assert decoder.embed.get_parameter("weight").shape == (3, 4)
    decoder = Decoder(TARGETS["tokens"], recurrent(), context_size=3, embedding_size=4)
    assert decoder.begin(source).tolist() == [6, 6]
    assert decoder.embed.get_parameter("weight").shape == (7, 4)
    assert decoder(torch.zeros(2, 1, dtype=torch.long), source).shape == (2, 1, 6)
    decoder = Decoder(TARGETS["reals"], recurrent(), context_size=3)
    assert torch.equal(decoder.begin(source), torch.zeros(2, 2))


def test_window_and_two_directions_cannot_decode(recurrent: Factories) -> None:
    def window(input_size: int, *, causal: bool = False) -> Backbone:
        return WindowMLP(input_size)

    with pytest.raises(ConfigError, match="backbone=WindowMLP: cannot be a decoder"):
        Decoder(TARGETS["reals"], window, context_size=3)

    def stubborn(input_size: int, *, causal: bool = False) -> Backbone:
        made = recurrent(bidirectional=True)(input_size)
        assert isinstance(made, RecurrentBackbone)
        return made

    with pytest.raises(ConfigError, match="one direction"):
        Decoder(TARGETS["reals"], stubborn, context_size=3)


def test_attention_needs_steps(recurrent: Factories) -> None:
    with pytest.raises(ConfigError, match="no steps to attend to"):
        Decoder(TARGETS["reals"], recurrent(), context_size=3, attention="dot")
