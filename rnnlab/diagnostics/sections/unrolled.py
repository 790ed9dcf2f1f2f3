"""The network itself, folded and unfolded."""

from __future__ import annotations

from dataclasses import replace

from rnnlab.data.batch import Batch
from rnnlab.diagnostics.plots.unrolled import Answers, Network, draw_unrolled
from rnnlab.diagnostics.section import Section, picture
from rnnlab.models.encoder_decoder import EncoderDecoder
from rnnlab.models.model import Model
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab.models.sequence_model import SequenceModel
from rnnlab.recurrence import Recurrent
from rnnlab.recurrence.trace import state_names

_MEANING = (
    "A recurrent network is one step that is applied again and again. Unrolled it is a deep "
    "network with one copy of the step for each step of time, all with the same weights: the "
    "gradient has to pass all copies between a loss and an input."
)


def unrolled_section(network: Network) -> Section:
    """Return the loop and its copies in time."""
    words = [_MEANING]
    if network.truncate is not None and network.truncate < network.steps:
        words.append(
            f"Training is truncated after {network.truncate} steps: the state goes on, the "
            "gradient stops, and nothing that lies further back is learned from."
        )
    return Section(
        name="unrolled",
        heading="The network in time",
        words=tuple(words),
        pictures=picture("unrolled", "The loop, and its copies in time", draw_unrolled, network),
    )


def network_of(
    model: Model, batch: Batch, cell: str, truncate: int | None = None
) -> Network | None:
    """Return what the picture shows of a model; None where it is not made of recurrent layers.

    Args:
        model: Any.
        batch: Gives the numbers of steps.
        cell: What its cell is called.
        truncate: K, after how many steps training cuts the gradient.
    """
    if isinstance(model, EncoderDecoder):
        decoder = model.decoder.backbone
        if not isinstance(decoder, RecurrentBackbone):
            return None
        encoder = model.encoder
        steps = 0 if encoder is None else batch.input.shape[1]
        return replace(
            _of(decoder, cell, steps, "decoder", None),
            bidirectional=encoder is not None and not encoder.causal,
            decoder_steps=1 if batch.target is None else batch.target.shape[1],
            attention=model.decoder.attention is not None,
            hands_over=model.hands_over,
        )
    if isinstance(model, SequenceModel) and isinstance(model.backbone, RecurrentBackbone):
        steps = batch.input.shape[1] if model.spec.input.sequence else 1
        return _of(model.backbone, cell, steps, model.readout, truncate)
    return None


def _of(
    backbone: RecurrentBackbone,
    cell: str,
    steps: int,
    answers: Answers,
    truncate: int | None,
) -> Network:
    layers = backbone.recurrent
    first = next(each for each in layers.modules() if isinstance(each, Recurrent)).cell
    return Network(
        cell,
        len(layers),
        steps,
        answers,
        state_names(first, first.init_state(1)),
        bidirectional=not backbone.causal,
        truncate=truncate,
    )
