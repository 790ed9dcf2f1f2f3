"""What the mappings with a decoder have in common."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from rnnlab.cells.base import Tree
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec
from rnnlab.models.decoder import Source
from rnnlab.models.decoding import Decoded, Search, feed_back
from rnnlab.models.encoder_decoder import EncoderDecoder
from rnnlab.models.model import Model
from rnnlab.models.output import Output
from rnnlab.models.scheduled_sampling import ScheduledSampling
from rnnlab.tasks.answers import real_value, sequence_text
from rnnlab.tasks.base import Loss, Task
from rnnlab.tasks.losses import target_loss
from rnnlab.tasks.real_scores import RealScores
from rnnlab.tasks.scores import Scores
from rnnlab.tasks.sequence_scores import SequenceScores
from rnnlab.tasks.steps import target_of


class DecodingTask(Task):
    """A mapping to a sequence that a decoder makes, each step from its own earlier ones.

    The loss is taken with teacher forcing, or with scheduled sampling; the scores of sequences are
    taken running freely. How many steps a real-valued target has, or one of tokens without
    ``<eos>``, is no answer of the model: it is taken from the batch, or from the longest target.

    Args:
        search: How tokens are decoded.
        scheduled_sampling: How often the decoder reads its own answers in training.
        max_length: Most steps to make; None for the longest target of the data.
    """

    def __init__(
        self, search: Search, scheduled_sampling: ScheduledSampling, max_length: int | None
    ) -> None:
        self.search, self.scheduled_sampling = search, scheduled_sampling
        self.max_length = max_length

    def on_epoch(self, epoch: int) -> None:
        """Move scheduled sampling on."""
        self.scheduled_sampling.on_epoch(epoch)

    def loss(self, output: Output, batch: Batch) -> Loss:
        """Return cross-entropy or squared error; see :func:`rnnlab.tasks.losses.target_loss`."""
        if output.values is None:
            raise ValueError("the loss needs values")
        return target_loss(output.values, target_of(batch), batch.target_lengths)

    def scores(self, spec: DataSpec) -> Scores:
        """Return scores of sequences of tokens or of reals, made running freely."""
        if spec.target.categorical:
            return SequenceScores(spec)
        return RealScores(spec, free_running=True)

    def monitor(self, spec: DataSpec) -> tuple[str, str]:
        """Return the error made running freely."""
        return ("token_error_rate" if spec.target.categorical else "rmse"), "min"

    def evaluate(self, model: Model, batch: Batch, state: Tree = None) -> Output:
        """Return values given the true earlier targets, and the sequence made without them."""
        model = _encoder_decoder(model)
        source, state = model.encode(batch)
        values = None if batch.target is None else model.force(batch, source, state)
        if model.spec.target.categorical:
            decoded = self._decode(model, batch, source, state)
            return Output(values, sequence=decoded.tokens, sequence_lengths=decoded.lengths)
        return Output(
            values,
            sequence=self._run(model, batch, source, state),
            sequence_lengths=batch.target_lengths,
        )

    def predict(self, model: Model, batch: Batch) -> list[dict[str, Any]]:
        """Return for each example its sequence; of tokens with the probability of the whole."""
        model, field = _encoder_decoder(model), model.spec.target
        source, state = model.encode(batch)
        if not field.categorical:
            values = real_value(field, self._run(model, batch, source, state))
            return [{"prediction": answer} for answer in values]
        decoded = self._decode(model, batch, source, state)
        return [
            {"prediction": sequence_text(field, tokens[:length]), "probability": probability}
            for tokens, length, probability in zip(
                decoded.tokens.tolist(),
                decoded.lengths.tolist(),
                decoded.log_probabilities.exp().tolist(),
                strict=True,
            )
        ]

    def length_refusal(self, spec: DataSpec) -> str | None:
        """Return why it is not known when to stop, if it is not."""
        if spec.target.max_length is None and self.max_length is None:
            return "no greatest length of the target is known; set task.max_length"
        return None

    def _decode(self, model: EncoderDecoder, batch: Batch, source: Source, state: Tree) -> Decoded:
        vocabulary = model.spec.target.vocabulary
        end = None if vocabulary is None else vocabulary.end
        decoded = self.search(
            model.step_of(source, self.search.copies),
            state,
            model.decoder.begin(source),
            end,
            self._limit(model.spec) if end is not None else self._given(model.spec, batch),
        )
        if end is None and batch.target_lengths is not None:
            return Decoded(decoded.tokens, batch.target_lengths, decoded.log_probabilities)
        return decoded

    def _run(self, model: EncoderDecoder, batch: Batch, source: Source, state: Tree) -> Tensor:
        begin = model.decoder.begin(source)
        return feed_back(model.step_of(source), state, begin, self._given(model.spec, batch))

    def _limit(self, spec: DataSpec) -> int:
        limit = spec.target.max_length if self.max_length is None else self.max_length
        assert limit is not None, "length_refusal was not asked"
        return limit

    def _given(self, spec: DataSpec, batch: Batch) -> int:
        return self._limit(spec) if batch.target is None else batch.target.shape[1]


def _encoder_decoder(model: Model) -> EncoderDecoder:
    if not isinstance(model, EncoderDecoder):
        raise TypeError(f"a decoding task needs an EncoderDecoder, got {type(model).__name__}")
    return model
