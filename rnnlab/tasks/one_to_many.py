"""One input, a sequence out."""

from __future__ import annotations

from typing import Annotated, ClassVar

from rnnlab.data.spec import DataSpec
from rnnlab.models.backbone import BackboneFactory
from rnnlab.models.decoding import DecoderName, Search
from rnnlab.models.embed import ImageEncoder
from rnnlab.models.encoder_decoder import EncoderDecoder
from rnnlab.models.model import Model
from rnnlab.models.scheduled_sampling import ScheduledSampling
from rnnlab.ranges import Range
from rnnlab.tasks.decoding import DecodingTask


class OneToMany(DecodingTask):
    """One input to a sequence of another length: x -> y_1..y_L.

    The decoder reads the features of the input beside its earlier answer at every step (Vinyals et
    al. 2015, arXiv:1411.4555, show them once).

    Args:
        embedding_size: Features of a token, or of an image through ``cnn``.
        image_encoder: How images become features: ``flatten`` or ``cnn``.
        dropout: Probability of dropping each feature before the head.
        scheduled_sampling: The probability, in the end, with which the decoder reads its own answer
            in training instead of the true target; 0 is teacher forcing.
        scheduled_sampling_epochs: Epochs over which it rises to that; 0 for all of training.
        decoder: How sequences of tokens are made: ``greedy``, ``beam`` or ``sampling``.
        beam_width: Sequences that ``beam`` keeps for each example.
        length_penalty: Of ``beam``: 0 ranks by probability alone, more favours longer sequences.
        temperature: Of ``sampling``: 0 is greedy, 1 follows the model.
        sampling_seed: Of ``sampling``; the same for every batch.
        max_length: Most steps to make; null for the longest target of the data.

    Raises:
        ConfigError: There is no such ``decoder``.
    """

    truncation_refusal: ClassVar[str | None] = (
        "one_to_many decodes from one input, which chunks of the target would not see"
    )

    def __init__(
        self,
        embedding_size: Annotated[int, Range(min=1)] = 64,
        image_encoder: ImageEncoder = "flatten",
        dropout: Annotated[float, Range(min=0, below=1)] = 0.0,
        scheduled_sampling: Annotated[float, Range(min=0, max=1)] = 0.0,
        scheduled_sampling_epochs: Annotated[int, Range(min=0)] = 0,
        decoder: DecoderName = "greedy",
        beam_width: Annotated[int, Range(min=1)] = 4,
        length_penalty: Annotated[float, Range(min=0)] = 0.0,
        temperature: Annotated[float, Range(min=0)] = 1.0,
        sampling_seed: int = 0,
        max_length: Annotated[int | None, Range(min=1)] = None,
    ) -> None:
        super().__init__(
            Search(decoder, beam_width, length_penalty, temperature, sampling_seed),
            ScheduledSampling(scheduled_sampling, scheduled_sampling_epochs),
            max_length,
        )
        self.embedding_size, self.image_encoder = embedding_size, image_encoder
        self.dropout = dropout

    def refusal(self, spec: DataSpec) -> str | None:
        """Refuse sequences as inputs, and single targets."""
        if spec.input.sequence:
            return "the input is a sequence; one_to_many needs a single input"
        if not spec.target.sequence:
            return "the target has no time axis; one_to_many makes a sequence"
        if spec.target.kind == "image":
            return "the target is images; one_to_many makes tokens or reals"
        return self.length_refusal(spec)

    def build_model(self, spec: DataSpec, backbone: BackboneFactory) -> Model:
        """Return embedding and decoder.

        Raises:
            ConfigError: The backbone cannot decode.
        """
        return EncoderDecoder(
            spec,
            backbone,
            embedding_size=self.embedding_size,
            image_encoder=self.image_encoder,
            dropout=self.dropout,
            scheduled_sampling=self.scheduled_sampling,
        )
