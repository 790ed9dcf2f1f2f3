"""The 88 keys of a piano, and rolls: which of them sound at each step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

LOWEST, HIGHEST = 21, 108
"""MIDI numbers of the first and the last key, A0 and C8."""

KEYS = HIGHEST - LOWEST + 1

_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

KEY_NAMES = tuple(f"{_NAMES[pitch % 12]}{pitch // 12 - 1}" for pitch in range(LOWEST, HIGHEST + 1))
"""Names of the keys in their order; middle C, MIDI number 60, is C4."""


def roll_of(chords: Sequence[Iterable[int]]) -> Tensor:
    """Return the roll ``(T, 88)`` uint8 of T chords, each the MIDI numbers that sound.

    Raises:
        ValueError: A number is no key of a piano.
    """
    roll = torch.zeros(len(chords), KEYS, dtype=torch.uint8)
    for step, chord in enumerate(chords):
        for pitch in chord:
            if not LOWEST <= pitch <= HIGHEST:
                raise ValueError(
                    f"step {step}: {pitch} is no key of a piano ({LOWEST} to {HIGHEST})"
                )
            roll[step, pitch - LOWEST] = 1
    return roll


def chords_of(roll: Tensor) -> list[list[int]]:
    """Return for each step of a roll ``(T, 88)`` the MIDI numbers that sound, from low to high."""
    return [[LOWEST + key for key in step.nonzero()[:, 0].tolist()] for step in roll]
