"""Which letters make which sounds: a monotone alignment by expectation-maximisation."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_EMPTY_SHARE, _SINGLE_SHARE, _PAIR_SHARE = 0.25, 0.7, 0.05


@dataclass(frozen=True)
class Emissions:
    """What each of V letters stands for: nothing, one of P sounds, or two of them in a row.

    Args:
        table: ``(V, 1 + P + P * P)`` probabilities or expected counts: nothing first, then single
            sounds, then pairs with their first sound varying slowest.
        sounds: P.
    """

    table: Tensor
    sounds: int

    def most_probable(self) -> list[list[int]]:
        """Return for each letter the sounds, none to two, that it most often stands for."""
        best: list[list[int]] = []
        for column in self.table.argmax(1).tolist():
            if column == 0:
                best.append([])
            elif column <= self.sounds:
                best.append([column - 1])
            else:
                best.append(list(divmod(column - 1 - self.sounds, self.sounds)))
        return best


def align(
    letters: Tensor,
    letter_lengths: Tensor,
    sounds: Tensor,
    sound_lengths: Tensor,
    *,
    letter_count: int,
    sound_count: int,
    iterations: int = 10,
) -> Emissions:
    """Fit letter-to-sound probabilities to words and their pronunciations.

    A word is explained by each of its letters in turn giving zero, one or two sounds, independently
    of one another, so that all of them together are its pronunciation; the sum goes over all ways
    to do so (Baum-Welch). At first, every letter gives nothing with chance 0.25, any one sound
    alike with 0.7, any two alike with 0.05. Words with more sounds than two a letter, or so long
    that their chance is no float64, count for nothing.

    Args:
        letters: ``(N, T)`` int64, padded.
        letter_lengths: ``(N,)``.
        sounds: ``(N, L)`` int64, padded, without an end symbol.
        sound_lengths: ``(N,)``.
        letter_count: V.
        sound_count: P.
        iterations: Steps of expectation-maximisation.

    Returns:
        The expected counts after the last step, which are the probabilities but for scale.
    """
    pairs = sound_count * sound_count
    table = torch.empty(letter_count, 1 + sound_count + pairs, dtype=torch.float64)
    table[:, 0] = _EMPTY_SHARE
    table[:, 1 : 1 + sound_count] = _SINGLE_SHARE / sound_count
    table[:, 1 + sound_count :] = _PAIR_SHARE / pairs
    counts = table
    words = _Words(letters, letter_lengths, sounds, sound_lengths, sound_count)
    for _ in range(iterations):
        counts = words.expected_counts(table)
        table = counts / counts.sum(1, keepdim=True).clamp(min=1e-300)
    return Emissions(counts, sound_count)


class _Words:
    """Padded words with, for each place in a pronunciation, the columns of what can come there."""

    def __init__(
        self,
        letters: Tensor,
        letter_lengths: Tensor,
        sounds: Tensor,
        sound_lengths: Tensor,
        sound_count: int,
    ) -> None:
        self.letters, self.letter_lengths = letters, letter_lengths
        self.sound_lengths = sound_lengths
        self.single = 1 + sounds  # (N, L) columns of one sound
        self.pair = 1 + sound_count + sounds[:, :-1] * sound_count + sounds[:, 1:]  # (N, L - 1)

    def expected_counts(self, table: Tensor) -> Tensor:
        """Return how often each letter stood for what, ``(V, 1 + P + P * P)``, in expectation."""
        forward = self._forward(table)
        steps = self.letters.shape[1]
        rows = torch.arange(len(self.letters))
        likelihood = forward[-1][rows, self.sound_lengths]
        weight = torch.where(likelihood > 0, 1 / likelihood.clamp(min=1e-300), 0.0)[:, None]
        after = torch.zeros_like(forward[-1])
        after[rows, self.sound_lengths] = 1.0
        counts = torch.zeros_like(table)
        flat, width = counts.view(-1), table.shape[1]
        for t in reversed(range(steps)):
            valid = (t < self.letter_lengths)[:, None]
            base = self.letters[:, t : t + 1] * width
            empty, single, pair = self._emissions(table, t)
            before = forward[t]
            share = torch.where(valid, weight, 0.0)
            flat.index_add_(0, base[:, 0], (before * empty * after * share).sum(1))
            for columns, chance, width_of in ((self.single, single, 1), (self.pair, pair, 2)):
                flow = before[:, :-width_of] * chance * after[:, width_of:] * share
                flat.index_add_(0, (base + columns).flatten(), flow.flatten())
            earlier = empty * after
            earlier[:, :-1] += single * after[:, 1:]
            earlier[:, :-2] += pair * after[:, 2:]
            after = torch.where(valid, earlier, after)
        return counts

    def _forward(self, table: Tensor) -> list[Tensor]:
        """Return for t = 0 … T the chance ``(N, L + 1)`` that t letters made the first j sounds."""
        state = torch.zeros(len(self.letters), self.single.shape[1] + 1, dtype=torch.float64)
        state[:, 0] = 1.0
        states = [state]
        for t in range(self.letters.shape[1]):
            empty, single, pair = self._emissions(table, t)
            later = empty * state
            later[:, 1:] += single * state[:, :-1]
            later[:, 2:] += pair * state[:, :-2]
            state = torch.where((t < self.letter_lengths)[:, None], later, state)
            states.append(state)
        return states

    def _emissions(self, table: Tensor, t: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return the chances that letter t gives nothing ``(N, 1)``, one sound, or two."""
        row = self.letters[:, t : t + 1] * table.shape[1]
        flat = table.view(-1)
        return flat[row], flat[row + self.single], flat[row + self.pair]
