"""One input, one target: no recurrence."""

from __future__ import annotations

from typing import Annotated, ClassVar

from rnnlab.data.spec import DataSpec
from rnnlab.models.backbone import BackboneFactory
from rnnlab.models.embed import ImageEncoder
from rnnlab.models.model import Model
from rnnlab.models.sequence_model import SequenceModel
from rnnlab.ranges import Range
from rnnlab.tasks.direct import DirectTask


class OneToOne(DirectTask):
    """One input to one class or vector: x -> y.

    The backbone makes one step from its initial state; ``window_mlp`` with ``window=1`` is the
    plain feed-forward network.

    Args:
        embedding_size: Features of a token, or of an image through ``cnn``.
        image_encoder: How images become features: ``flatten`` or ``cnn``.
        dropout: Probability of dropping each feature before the head.
    """

    truncation_refusal: ClassVar[str | None] = "one_to_one has no time to truncate"

    def __init__(
        self,
        embedding_size: Annotated[int, Range(min=1)] = 64,
        image_encoder: ImageEncoder = "flatten",
        dropout: Annotated[float, Range(min=0, below=1)] = 0.0,
    ) -> None:
        self.embedding_size, self.image_encoder = embedding_size, image_encoder
        self.dropout = dropout

    def refusal(self, spec: DataSpec) -> str | None:
        """Refuse sequences and images as targets."""
        if spec.input.sequence:
            return "the input is a sequence; one_to_one needs a single input"
        if spec.target.sequence:
            return "the target is a sequence; one_to_one gives a single answer"
        if spec.target.kind == "image":
            return "the target is an image; one_to_one answers with a class or reals"
        return None

    def build_model(self, spec: DataSpec, backbone: BackboneFactory) -> Model:
        """Return embedding, backbone and head."""
        return SequenceModel(
            spec,
            backbone,
            embedding_size=self.embedding_size,
            image_encoder=self.image_encoder,
            dropout=self.dropout,
        )
