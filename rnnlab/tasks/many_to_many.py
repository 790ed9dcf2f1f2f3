"""A sequence in, a sequence of another length out."""

from __future__ import annotations

from typing import Annotated, ClassVar, get_args

from rnnlab.data.own_past import own_past_refusal
from rnnlab.data.spec import DataSpec
from rnnlab.errors import check_choice
from rnnlab.models.backbone import BackboneFactory
from rnnlab.models.decoder import Attention
from rnnlab.models.decoding import DecoderName, Search
from rnnlab.models.embed import ImageEncoder
from rnnlab.models.encoder_decoder import EncoderDecoder
from rnnlab.models.model import Model
from rnnlab.models.scheduled_sampling import ScheduledSampling
from rnnlab.ranges import Range
from rnnlab.tasks.decoding import DecodingTask


class ManyToMany(DecodingTask):
    """A sequence to a sequence of another length: x_1..x_T -> y_1..y_L.

    Encoder and decoder, with attention if wanted. With real targets this is a forecast of several
    steps, where the decoder reads its own earlier values.

    Args:
        embedding_size: Features of a token, or of a frame through ``cnn``.
        image_encoder: How frames become features: ``flatten`` or ``cnn``.
        attention: Over the encoder's valid steps (Luong et al. 2015): ``none``, or its score,
            ``dot`` (encoder and decoder outputs of equal size) or ``general``.
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
        relative: Whether real targets, the future of the first features of the input, are told
            relative to the last value that is read, and so is what is read; lets a forecast
            follow a trend out of the range of the training part.

    Raises:
        ConfigError: There is no such ``decoder`` or ``attention``.
    """

    truncation_refusal: ClassVar[str | None] = (
        "many_to_many answers after the whole input, which chunks would not see"
    )

    def __init__(
        self,
        embedding_size: Annotated[int, Range(min=1)] = 64,
        image_encoder: ImageEncoder = "flatten",
        attention: Attention = "none",
        dropout: Annotated[float, Range(min=0, below=1)] = 0.0,
        scheduled_sampling: Annotated[float, Range(min=0, max=1)] = 0.0,
        scheduled_sampling_epochs: Annotated[int, Range(min=0)] = 0,
        decoder: DecoderName = "greedy",
        beam_width: Annotated[int, Range(min=1)] = 4,
        length_penalty: Annotated[float, Range(min=0)] = 0.0,
        temperature: Annotated[float, Range(min=0)] = 1.0,
        sampling_seed: int = 0,
        max_length: Annotated[int | None, Range(min=1)] = None,
        relative: bool = False,
    ) -> None:
        check_choice("attention", attention, get_args(Attention))
        super().__init__(
            Search(decoder, beam_width, length_penalty, temperature, sampling_seed),
            ScheduledSampling(scheduled_sampling, scheduled_sampling_epochs),
            max_length,
        )
        self.embedding_size, self.image_encoder = embedding_size, image_encoder
        self.attention, self.dropout, self.relative = attention, dropout, relative

    def refusal(self, spec: DataSpec) -> str | None:
        """Refuse what has no time axis, or one that input and target share."""
        if not spec.input.sequence:
            return "the input has no time axis; many_to_many needs a sequence"
        if not spec.target.sequence:
            return "the target has no time axis; many_to_many makes a sequence"
        if spec.aligned:
            return "each input step has its target; synced_many_to_many answers step by step"
        if spec.target.kind == "image":
            return "the target is images; many_to_many makes tokens or reals"
        reason = own_past_refusal(spec) if self.relative else None
        if reason is not None:
            return f"relative=true {reason}"
        return self.length_refusal(spec)

    def build_model(self, spec: DataSpec, backbone: BackboneFactory) -> Model:
        """Return encoder and decoder.

        Raises:
            ConfigError: The backbone cannot decode, or the attention does not fit it.
        """
        return EncoderDecoder(
            spec,
            backbone,
            embedding_size=self.embedding_size,
            image_encoder=self.image_encoder,
            attention=self.attention,
            dropout=self.dropout,
            relative=self.relative,
            scheduled_sampling=self.scheduled_sampling,
        )
