"""The model of every mapping without a decoder: embed, backbone, readout, head."""

from __future__ import annotations

from typing import Annotated, get_args

from torch import Tensor, nn

from rnnlab.cells.base import Tree
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec
from rnnlab.errors import check_choice
from rnnlab.models.backbone import BackboneFactory
from rnnlab.models.embed import Embed, ImageEncoder
from rnnlab.models.model import Model
from rnnlab.models.output import Output
from rnnlab.models.readout import Readout, read_out
from rnnlab.models.relative import relative_to_last
from rnnlab.ranges import Range
from rnnlab.recurrence.sequence import mask_padding


class SequenceModel(Model):
    """Reads an input and answers once, or at every step.

    An input without a time axis is read as a sequence of one step.

    Args:
        spec: The data; the head has V logits or D values, by the kind of the target.
        backbone: Makes the backbone.
        embedding_size: Features of a token, or of an image through ``cnn``.
        image_encoder: How images become features: ``flatten`` or ``cnn``.
        readout: Where the head looks: ``last``, ``mean``, ``max`` or ``every`` step.
        dropout: Probability of dropping each feature before the head.
        relative: Whether real values are read and answered relative to the last one that is read;
            see :func:`rnnlab.models.relative.relative_to_last`.

    Raises:
        ConfigError: There is no such ``readout`` or ``image_encoder``.
    """

    def __init__(
        self,
        spec: DataSpec,
        backbone: BackboneFactory,
        *,
        embedding_size: Annotated[int, Range(min=1)] = 64,
        image_encoder: ImageEncoder = "flatten",
        readout: Readout = "last",
        dropout: Annotated[float, Range(min=0, below=1)] = 0.0,
        relative: bool = False,
    ) -> None:
        super().__init__()
        check_choice("readout", readout, get_args(Readout))
        self.spec, self.readout, self.relative = spec, readout, relative
        self.embed = Embed(spec.input, embedding_size, image_encoder)
        self.backbone = backbone(self.embed.output_size)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(self.backbone.output_size, spec.target.size)

    def forward(self, batch: Batch, state: Tree = None) -> Output:
        """Return values ``(B, K)``, or ``(B, T, K)`` for ``every``; see :class:`Model`."""
        level: Tensor | None = None
        if self.relative:
            batch, level = relative_to_last(batch, self.spec)
        x = batch.input if self.spec.input.sequence else batch.input.unsqueeze(1)
        features = self.embed(mask_padding(x, batch.lengths))  # (B, T, E)
        features, state = self.backbone(features, state, batch.lengths, batch.reset)
        features = read_out(features, batch.lengths, self.readout, self.backbone.causal)
        values = self.head(self.dropout(features))
        return Output(values if level is None else values + level, state)

    def step(self, x: Tensor, state: Tree) -> tuple[Tensor, Tree]:
        """Read one input ``(B, ...)`` and return the values ``(B, K)`` there and the next state.

        Raises:
            ValueError: The backbone is not causal.
        """
        features, state = self.backbone.step(self.embed(x), state)
        return self.head(self.dropout(features)), state

    def init_state(self, batch_size: int) -> Tree:
        """Return the state before the first step."""
        return self.backbone.init_state(batch_size)

    def engines(self) -> dict[str, str]:
        """Return which engine ran each recurrent layer, and why."""
        return self.backbone.engines()
