"""A target for each step of the input."""

from __future__ import annotations

from typing import Annotated

from rnnlab.data.spec import DataSpec
from rnnlab.errors import ConfigError
from rnnlab.models.backbone import BackboneFactory
from rnnlab.models.embed import ImageEncoder
from rnnlab.models.model import Model
from rnnlab.models.sequence_model import SequenceModel
from rnnlab.ranges import Range
from rnnlab.tasks.direct import DirectTask


class SyncedManyToMany(DirectTask):
    """A sequence to a class or vector at every step: x_t -> y_t.

    Where the target is the input one step later, this is a language or music model, which can
    generate (:func:`rnnlab.models.generate.generate`).

    Args:
        embedding_size: Features of a token, or of a frame through ``cnn``.
        image_encoder: How frames become features: ``flatten`` or ``cnn``.
        dropout: Probability of dropping each feature before the head.
    """

    def __init__(
        self,
        embedding_size: Annotated[int, Range(min=1)] = 64,
        image_encoder: ImageEncoder = "flatten",
        dropout: Annotated[float, Range(min=0, below=1)] = 0.0,
    ) -> None:
        self.embedding_size, self.image_encoder = embedding_size, image_encoder
        self.dropout = dropout

    def refusal(self, spec: DataSpec) -> str | None:
        """Refuse whatever has not one target for each input step."""
        if not spec.input.sequence:
            return "the input has no time axis; synced_many_to_many needs a sequence"
        if not spec.target.sequence:
            return "the target has no time axis; synced_many_to_many needs one for each step"
        if not spec.aligned:
            return "targets are not aligned with the input"
        if spec.target.kind == "image":
            return "the target is images; synced_many_to_many answers with classes or reals"
        return None

    def build_model(self, spec: DataSpec, backbone: BackboneFactory) -> Model:
        """Return embedding, backbone and a head at every step.

        Raises:
            ConfigError: The target is the next input and the backbone looks ahead.
        """
        model = SequenceModel(
            spec,
            backbone,
            embedding_size=self.embedding_size,
            image_encoder=self.image_encoder,
            readout="every",
            dropout=self.dropout,
        )
        if spec.next_step and not model.backbone.causal:
            raise ConfigError(
                "the target is the next input, which a backbone of both directions would read",
                key="backbone.bidirectional",
                value="true",
            )
        return model
