"""The most frequent target of each length."""

from __future__ import annotations

from collections import Counter

import torch

from rnnlab.baselines.training import training_batches
from rnnlab.data.batch import Batch
from rnnlab.data.dataset import Dataset
from rnnlab.errors import ConfigError
from rnnlab.models.output import Output
from rnnlab.tasks.steps import target_lengths, target_of


class MostFrequentSequence:
    """Answers with the most frequent training target that is as long as the true one.

    It is told the true length, which a model is not: a hint in its favour. Of sequences that are
    equally frequent it takes the one whose ids come first. A length that training has not is
    answered with the most frequent sequence of all.
    """

    name = "most_frequent_sequence"

    def fit(self, dataset: Dataset) -> None:
        """Count the target sequences of the training part.

        Raises:
            ConfigError: The target is no sequence of tokens.
        """
        target = dataset.spec.target
        if not (target.categorical and target.sequence):
            raise ConfigError(
                f"needs sequences of tokens, not {target.describe()}",
                key="baseline",
                value=self.name,
            )
        self._aligned = dataset.spec.aligned
        counts: Counter[tuple[int, ...]] = Counter()
        for batch in training_batches(dataset):
            counts.update(
                tuple(row[:length])
                for row, length in zip(target_of(batch).tolist(), self._lengths(batch), strict=True)
            )
        ranked = sorted(counts, key=lambda sequence: (-counts[sequence], sequence))
        self._most_frequent = ranked[0]
        self._of_length = {len(sequence): sequence for sequence in reversed(ranked)}

    def output(self, batch: Batch) -> Output:
        """Return a sequence, ``(B, L)`` and its lengths; no values."""
        chosen = [
            self._of_length.get(length, self._most_frequent) for length in self._lengths(batch)
        ]
        lengths = torch.tensor([len(sequence) for sequence in chosen])
        sequence = torch.zeros(len(chosen), int(lengths.max()), dtype=torch.int64)
        for row, tokens in enumerate(chosen):
            sequence[row, : len(tokens)] = torch.tensor(tokens)
        return Output(None, sequence=sequence, sequence_lengths=lengths)

    def _lengths(self, batch: Batch) -> list[int]:
        targets = target_of(batch)
        lengths = target_lengths(batch, self._aligned)
        return [targets.shape[1]] * len(targets) if lengths is None else lengths.tolist()
