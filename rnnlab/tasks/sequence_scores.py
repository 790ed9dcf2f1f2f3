"""Scores of token sequences that a decoder makes."""

from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics import MeanMetric, Metric
from torchmetrics.text import WordErrorRate

from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec
from rnnlab.models.output import Output
from rnnlab.tasks.losses import target_loss
from rnnlab.tasks.mean_loss import MeanLoss
from rnnlab.tasks.scores import Scores, updated
from rnnlab.tasks.steps import target_of

_WRONG = -1  # no token has this number


class SequenceScores(Scores):
    """Cross-entropy given the true earlier tokens, and the errors of sequences made without them.

    ``token_error_rate`` is the number of tokens to insert, delete or replace (Levenshtein 1966)
    over the number of true ones: the phoneme error rate where tokens are phonemes; it may exceed 1.
    ``sequence_error_rate`` is the share of sequences that are not exactly right. A sequence is what
    comes before the first ``<eos>``, or all of it where the vocabulary has none. An ``<unk>`` that
    is made is an error even where the true token is unknown: nobody can read it as that token.

    Args:
        spec: The data.
    """

    def __init__(self, spec: DataSpec) -> None:
        super().__init__()
        vocabulary = spec.target.vocabulary
        self.end = None if vocabulary is None else vocabulary.end
        self.unknown = None if vocabulary is None else vocabulary.unknown
        self.loss = MeanLoss()
        self.token_error_rate = WordErrorRate()
        self.sequence_error_rate = MeanMetric()

    def update(self, output: Output, batch: Batch) -> None:
        """Count one batch; what is None in ``output`` leaves its scores untouched."""
        target = target_of(batch)
        if output.values is not None:
            self.loss.update(target_loss(output.values, target, batch.target_lengths))
        if output.sequence is not None:
            made = self._sequences(output.sequence, output.sequence_lengths)
            made = [[_WRONG if token == self.unknown else token for token in row] for row in made]
            true = self._sequences(target, batch.target_lengths)
            self.token_error_rate.update([_text(row) for row in made], [_text(row) for row in true])
            wrong = [float(mine != right) for mine, right in zip(made, true, strict=True)]
            self.sequence_error_rate.update(torch.tensor(wrong, device=target.device))

    def compute(self) -> dict[str, float]:
        """Return the scores that were updated."""
        return updated(self._metrics())

    def reset(self) -> None:
        """Forget all batches."""
        for metric in self._metrics().values():
            metric.reset()

    def _metrics(self) -> dict[str, Metric]:
        return {
            "loss": self.loss,
            "token_error_rate": self.token_error_rate,
            "sequence_error_rate": self.sequence_error_rate,
        }

    def _sequences(self, tokens: Tensor, lengths: Tensor | None) -> list[list[int]]:
        rows: list[list[int]] = tokens.tolist()
        if lengths is not None:
            rows = [row[:n] for row, n in zip(rows, lengths.tolist(), strict=True)]
        return [row[: row.index(self.end)] if self.end in row else row for row in rows]


def _text(row: list[int]) -> str:
    # What torchmetrics calls words are the numbers of our tokens.
    return " ".join(map(str, row))
