from __future__ import annotations

from functools import partial
from typing import Any

import torch

from rnnlab.cells.gru import GRU
from rnnlab.cells.lstm import LSTM
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.diagnostics.plots.unrolled import Network
from rnnlab.diagnostics.sections.unrolled import network_of, unrolled_section
from rnnlab.models.backbone import BackboneFactory
from rnnlab.models.encoder_decoder import EncoderDecoder
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab.models.sequence_model import SequenceModel
from rnnlab.models.window_mlp import WindowMLP


def test_truncation_is_told_where_there_is_one() -> None:
    plain = unrolled_section(Network("gru", 1, 5, "every"))
    assert [each.name for each in plain.pictures] == ["unrolled"]
    assert len(plain.words) == 1
    assert len(unrolled_section(Network("gru", 1, 5, "every", truncate=9)).words) == 1
    cut = unrolled_section(Network("gru", 1, 5, "every", truncate=2)).words
    assert "truncated after 2 steps" in cut[1]


REALS = Field("reals", 2, sequence=True)
CLASS = Field("tokens", 3, sequence=False)
BATCH = Batch(torch.zeros(2, 5, 2), torch.zeros(2, 4, dtype=torch.int64))


def backbone(**options: Any) -> BackboneFactory:
    def make(input_size: int, causal: bool = False) -> RecurrentBackbone:
        sided = options.get("bidirectional", False) and not causal
        cell = partial(options.get("cell", GRU), hidden_size=3)
        return RecurrentBackbone(input_size, cell, layers=2, bidirectional=sided)

    return make


def test_a_sequence_model_is_told_with_its_states_readout_and_truncation() -> None:
    spec = DataSpec(REALS, REALS, aligned=True)
    model = SequenceModel(spec, backbone(cell=LSTM), readout="every")
    assert network_of(model, BATCH, "lstm", 2) == Network(
        "lstm", 2, 5, "every", ("h", "c"), truncate=2
    )
    pooled = SequenceModel(DataSpec(REALS, CLASS), backbone(bidirectional=True), readout="mean")
    assert network_of(pooled, BATCH, "gru") == Network("gru", 2, 5, "mean", bidirectional=True)


def test_an_input_without_time_is_one_step() -> None:
    spec = DataSpec(Field("reals", 2, sequence=False), CLASS)
    assert network_of(SequenceModel(spec, backbone()), BATCH, "gru") == Network("gru", 2, 1, "last")


def test_an_encoder_decoder_is_told_with_what_it_hands_over() -> None:
    target = Field("tokens", 4, sequence=True)
    plain = EncoderDecoder(DataSpec(REALS, target), backbone(), embedding_size=3)
    assert network_of(plain, BATCH, "gru") == Network(
        "gru", 2, 5, "decoder", decoder_steps=4, hands_over=True
    )
    attentive = EncoderDecoder(
        DataSpec(REALS, target), backbone(bidirectional=True), attention="general"
    )
    assert network_of(attentive, BATCH, "gru") == Network(
        "gru", 2, 5, "decoder", bidirectional=True, decoder_steps=4, attention=True
    )
    one = EncoderDecoder(DataSpec(Field("reals", 2, sequence=False), target), backbone())
    assert network_of(one, BATCH, "gru") == Network("gru", 2, 0, "decoder", decoder_steps=4)


def test_what_is_not_recurrent_has_no_picture() -> None:
    model = SequenceModel(DataSpec(REALS, CLASS), partial(WindowMLP, window=2, hidden_size=3))
    assert network_of(model, BATCH, "gru") is None
