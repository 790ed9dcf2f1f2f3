"""From an input to a sequence of another length: encoder and decoder."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor

from rnnlab.cells.base import Tree
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec
from rnnlab.models.backbone import Backbone, BackboneFactory
from rnnlab.models.decoder import Attention, Decoder, Source
from rnnlab.models.decoding.decoded import Step
from rnnlab.models.embed import Embed, ImageEncoder
from rnnlab.models.model import Model
from rnnlab.models.output import Output
from rnnlab.models.readout import read_out
from rnnlab.models.relative import relative_to_last
from rnnlab.models.scheduled_sampling import ScheduledSampling, unroll_sampled
from rnnlab.ranges import Range
from rnnlab.recurrence.sequence import mask_padding
from rnnlab.recurrence.tree import alike, index_select


class EncoderDecoder(Model):
    """Encodes the input, then makes the target step by step.

    The context is concatenated to what the decoder reads at every step (Cho et al. 2014,
    arXiv:1406.1078), which fits the state of any cell. Of an input with a time axis it is what the
    encoder ends on, in both directions where there are two; of any other its features. Where the
    states of encoder and decoder have the same structure, the decoder also starts from the
    encoder's last (Sutskever et al. 2014, arXiv:1409.3215).

    Args:
        spec: The data.
        backbone: Makes the backbones of the decoder and, for inputs with a time axis, the encoder.
        embedding_size: Features of a token, or of an image through ``cnn``.
        image_encoder: How images become features: ``flatten`` or ``cnn``.
        attention: ``none``, or the score of :class:`rnnlab.models.attention.LuongAttention`.
        dropout: Probability of dropping each feature before the head.
        scheduled_sampling: How often the decoder reads its own answers in training; None for never.
        relative: Whether real values are read and answered relative to the last one that is read;
            see :func:`rnnlab.models.relative.relative_to_last`.

    Raises:
        ConfigError: The backbone cannot decode, or the attention does not fit.
    """

    encoder: Backbone | None

    def __init__(
        self,
        spec: DataSpec,
        backbone: BackboneFactory,
        *,
        embedding_size: Annotated[int, Range(min=1)] = 64,
        image_encoder: ImageEncoder = "flatten",
        attention: Attention = "none",
        dropout: Annotated[float, Range(min=0, below=1)] = 0.0,
        scheduled_sampling: ScheduledSampling | None = None,
        relative: bool = False,
    ) -> None:
        super().__init__()
        self.spec, self.relative = spec, relative
        self.scheduled_sampling = scheduled_sampling or ScheduledSampling()
        self.embed = Embed(spec.input, embedding_size, image_encoder)
        self.encoder = backbone(self.embed.output_size) if spec.input.sequence else None
        size = self.embed.output_size if self.encoder is None else self.encoder.output_size
        self.decoder = Decoder(
            spec.target,
            backbone,
            context_size=size,
            memory_size=None if self.encoder is None else size,
            attention=attention,
            embedding_size=embedding_size,
            dropout=dropout,
        )
        self.hands_over = (
            self.encoder is not None
            and self.encoder.causal
            and alike(self.encoder.init_state(1), self.decoder.init_state(1))
        )

    def encode(self, batch: Batch) -> tuple[Source, Tree]:
        """Return what the decoder knows of the input, and the state that it starts from."""
        level = None
        if self.relative:
            batch, level = relative_to_last(batch, self.spec)
        features = self.embed(mask_padding(batch.input, batch.lengths))
        if self.encoder is None:
            return Source(features, level=level), self.decoder.init_state(len(batch))
        output, state = self.encoder(features, None, batch.lengths, batch.reset)
        context = read_out(output, batch.lengths, "last", self.encoder.causal)
        if not self.hands_over:
            state = self.decoder.init_state(len(batch))
        if self.decoder.attention is None:
            return Source(context, level=level), state
        return Source(context, output, batch.lengths, level), state

    def forward(self, batch: Batch, state: Tree = None) -> Output:
        """Return values ``(B, L, K)``, each given the earlier targets.

        The true ones, or in training with scheduled sampling a mixture with the model's own.

        Args:
            batch: B examples with targets.
            state: Must be None: nothing is carried from batch to batch.

        Raises:
            ValueError: There is no target, or a state was carried.
        """
        if state is not None:
            raise ValueError("an encoder-decoder carries no state from batch to batch")
        return Output(self.force(batch, *self.encode(batch)))

    def force(self, batch: Batch, source: Source, state: Tree) -> Tensor:
        """Return the values of :meth:`forward` for an input that was encoded already."""
        if batch.target is None:
            raise ValueError("teacher forcing needs targets")
        probability = self.scheduled_sampling.probability if self.training else 0.0
        if probability > 0:
            return unroll_sampled(
                self.decoder, batch.target, source, state, batch.target_lengths, probability
            )
        values: Tensor = self.decoder(batch.target, source, state, batch.target_lengths)
        return values

    def step_of(self, source: Source, copies: int = 1) -> Step:
        """Return the step that :mod:`rnnlab.models.decoding` calls.

        It gives log-probabilities of tokens, or the values themselves of reals.

        Args:
            source: Of B examples.
            copies: Rows that the step is called with for each example, neighbours of one another.
        """
        if copies > 1:
            rows = torch.arange(len(source.context), device=source.context.device)
            source = index_select(source, rows.repeat_interleave(copies))

        def step(earlier: Tensor, state: Tree) -> tuple[Tensor, Tree]:
            values, state = self.decoder.step(earlier, source, state)
            return (values.log_softmax(-1) if self.spec.target.categorical else values), state

        return step

    def engines(self) -> dict[str, str]:
        """Return which engine ran each recurrent layer, and why."""
        parts = {"encoder": self.encoder, "decoder": self.decoder.backbone}
        return {
            f"{part}.{name}": engine
            for part, backbone in parts.items()
            if backbone is not None
            for name, engine in backbone.engines().items()
        }
