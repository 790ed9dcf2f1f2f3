"""A sequence in, one target out."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, get_args

from rnnlab.data.own_past import own_past_refusal
from rnnlab.data.spec import DataSpec
from rnnlab.errors import check_choice
from rnnlab.models.backbone import BackboneFactory
from rnnlab.models.embed import ImageEncoder
from rnnlab.models.model import Model
from rnnlab.models.sequence_model import SequenceModel
from rnnlab.ranges import Range
from rnnlab.tasks.direct import DirectTask

PooledReadout = Literal["last", "mean", "max"]


class ManyToOne(DirectTask):
    """A sequence to one class or vector: x_1..x_T -> y.

    Args:
        embedding_size: Features of a token, or of a frame through ``cnn``.
        image_encoder: How frames become features: ``flatten`` or ``cnn``.
        readout: Where the head looks: the ``last`` valid step (of both directions where there are
            two), or the ``mean`` or ``max`` of each feature over the valid steps.
        dropout: Probability of dropping each feature before the head.
        relative: Whether real targets, the future of the first features of the input, are told
            relative to the last value that is read, and so is what is read; lets a forecast
            follow a trend out of the range of the training part.

    Raises:
        ConfigError: There is no such ``readout``.
    """

    truncation_refusal: ClassVar[str | None] = (
        "many_to_one has its only target after the last step; chunks before it would have no loss"
    )

    def __init__(
        self,
        embedding_size: Annotated[int, Range(min=1)] = 64,
        image_encoder: ImageEncoder = "flatten",
        readout: PooledReadout = "last",
        dropout: Annotated[float, Range(min=0, below=1)] = 0.0,
        relative: bool = False,
    ) -> None:
        check_choice("readout", readout, get_args(PooledReadout))
        self.embedding_size, self.image_encoder = embedding_size, image_encoder
        self.readout, self.dropout, self.relative = readout, dropout, relative

    def refusal(self, spec: DataSpec) -> str | None:
        """Refuse single inputs, and sequences and images as targets."""
        if not spec.input.sequence:
            return "the input has no time axis; many_to_one needs a sequence"
        if spec.target.sequence:
            return "the target is a sequence; many_to_one gives one answer for a whole sequence"
        if spec.target.kind == "image":
            return "the target is an image; many_to_one answers with a class or reals"
        reason = own_past_refusal(spec) if self.relative else None
        return None if reason is None else f"relative=true {reason}"

    def build_model(self, spec: DataSpec, backbone: BackboneFactory) -> Model:
        """Return embedding, backbone, readout and head."""
        return SequenceModel(
            spec,
            backbone,
            embedding_size=self.embedding_size,
            image_encoder=self.image_encoder,
            readout=self.readout,
            dropout=self.dropout,
            relative=self.relative,
        )
