"""The most frequent sound of each letter."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.baselines.alignment import align
from rnnlab.baselines.training import training_batches
from rnnlab.data.batch import Batch, valid_steps
from rnnlab.data.dataset import Dataset
from rnnlab.errors import ConfigError
from rnnlab.models.output import Output
from rnnlab.tasks.steps import target_lengths, target_of

MAX_WORDS = 10_000
"""At most so many words of the training part are aligned, the first ones."""
MAX_SOUNDS = 200
"""More different sounds, words of a language say, have too many pairs to count."""


class Letterwise:
    """Answers each letter with the sounds, none to two, that it most often stood for in training.

    Which letters stood for which sounds is found by :func:`rnnlab.baselines.alignment.align`. A
    letter's neighbours are not looked at. The answer ends in ``<eos>`` where the target has one.
    """

    name = "letterwise"

    def fit(self, dataset: Dataset) -> None:
        """Align letters and sounds of the training part.

        Raises:
            ConfigError: Input and target are not both sequences of tokens, or the target has more
                than ``MAX_SOUNDS`` of them.
        """
        spec = dataset.spec
        for field in (spec.input, spec.target):
            if not (field.categorical and field.sequence):
                raise ConfigError(
                    f"needs sequences of tokens, not {field.describe()}",
                    key="baseline",
                    value=self.name,
                )
        if spec.target.size > MAX_SOUNDS:
            raise ConfigError(
                f"needs at most {MAX_SOUNDS} different target tokens, not {spec.target.size}",
                key="baseline",
                value=self.name,
            )
        vocabulary = spec.target.vocabulary
        self._end = None if vocabulary is None else vocabulary.end
        self._aligned = spec.aligned
        letters, sounds = self._words(dataset)
        letter_lengths, sound_lengths = _lengths(letters), _lengths(sounds)
        emissions = align(
            _pad(letters),
            letter_lengths,
            _pad(sounds),
            sound_lengths,
            letter_count=spec.input.size,
            sound_count=spec.target.size,
        )
        self._sounds = emissions.most_probable()

    def output(self, batch: Batch) -> Output:
        """Return a sequence, ``(B, L)`` and its lengths; no values."""
        valid = valid_steps(batch.lengths, batch.input.shape[1], batch.input)
        ending = [] if self._end is None else [self._end]
        answers = [
            torch.tensor(
                [sound for letter in row[keep].tolist() for sound in self._sounds[letter]] + ending,
                dtype=torch.int64,
            )
            for row, keep in zip(batch.input, valid, strict=True)
        ]
        return Output(None, sequence=_pad(answers), sequence_lengths=_lengths(answers))

    def _words(self, dataset: Dataset) -> tuple[list[Tensor], list[Tensor]]:
        letters: list[Tensor] = []
        sounds: list[Tensor] = []
        for batch in training_batches(dataset):
            targets = target_of(batch)
            valid = valid_steps(batch.lengths, batch.input.shape[1], batch.input)
            lengths = target_lengths(batch, self._aligned)
            target_valid = valid_steps(lengths, targets.shape[1], targets)
            if self._end is not None:
                target_valid = target_valid & (targets != self._end)
            letters += [row[keep] for row, keep in zip(batch.input, valid, strict=True)]
            sounds += [row[keep] for row, keep in zip(targets, target_valid, strict=True)]
            if len(letters) >= MAX_WORDS:
                break
        return letters[:MAX_WORDS], sounds[:MAX_WORDS]


def _lengths(rows: list[Tensor]) -> Tensor:
    return torch.tensor([len(row) for row in rows])


def _pad(rows: list[Tensor]) -> Tensor:
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
