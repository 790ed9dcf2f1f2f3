"""Standard MIDI files as piano rolls, and back."""

from __future__ import annotations

from collections import defaultdict
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from rnnlab.errors import ConfigError, DataError
from rnnlab_polyphony.keys import HIGHEST, KEYS, LOWEST

SUFFIXES = (".mid", ".midi")
_DRUMS = 9
# A time stamp can name any moment; a roll has a row for each step until then.
_MOST_STEPS = 100_000
_TICKS = 480


def read_midi(content: bytes, path: str, *, steps_per_quarter: int = 1) -> Tensor:
    """Return the roll ``(T, 88)`` uint8 of a MIDI file.

    Notes of all tracks and channels but that of the drums sound together. Their beginnings and
    ends are rounded to whole steps, and each sounds for one step at least. Time is counted in
    quarter notes, whatever the tempo.

    Args:
        content: A standard MIDI file of type 0 or 1.
        path: Where it is, for messages.
        steps_per_quarter: Steps in a quarter note.

    Raises:
        ConfigError: ``mido`` is not installed.
        DataError: The file cannot be read, has no note, or has one that is no key of a piano.
    """
    notes = _notes(_open(content, path), path)
    steps = []
    for pitch, begin, end in notes:
        start = _rounded(begin * steps_per_quarter)
        steps.append((pitch, start, max(start + 1, _rounded(end * steps_per_quarter))))
    total = max((end for *_, end in steps), default=0)
    if total == 0:
        raise _refused("has no notes", path)
    if total > _MOST_STEPS:
        raise _refused(f"has {total} steps; at most {_MOST_STEPS} are read", path)
    roll = torch.zeros(total, KEYS, dtype=torch.uint8)
    for pitch, start, end in steps:
        if not LOWEST <= pitch <= HIGHEST:
            raise _refused(f"has the note {pitch}; a piano has {LOWEST} to {HIGHEST}", path)
        roll[start:end, pitch - LOWEST] = 1
    return roll


def write_midi(roll: Tensor, path: Path, *, steps_per_quarter: int = 1) -> None:
    """Write a roll ``(T, 88)`` as a MIDI file; a key that sounds in a row of steps is held.

    Args:
        roll: Zeros and ones.
        path: The file.
        steps_per_quarter: Steps in a quarter note, a divisor of 480.

    Raises:
        ConfigError: ``mido`` is not installed.
    """
    mido = _mido()
    track = mido.MidiTrack()
    silence = roll.new_zeros(1, KEYS)
    change = torch.cat([silence, roll, silence]).int().diff(dim=0)  # (T + 1, KEYS)
    now = 0
    for step, key in change.nonzero().tolist():
        kind = "note_on" if change[step, key] > 0 else "note_off"
        tick = step * _TICKS // steps_per_quarter
        track.append(mido.Message(kind, note=LOWEST + key, velocity=64, time=tick - now))
        now = tick
    mido.MidiFile(type=0, ticks_per_beat=_TICKS, tracks=[track]).save(path)


def _notes(file: Any, path: str) -> list[tuple[int, float, float]]:
    """Return for each note its MIDI number, and where it begins and ends in quarter notes."""
    if file.type == 2 or file.ticks_per_beat <= 0:
        raise _refused("counts time otherwise than in the quarter notes of one piece", path)
    begun: dict[tuple[int, int], list[int]] = defaultdict(list)
    notes, now = [], 0
    for message in file.merged_track:
        now += message.time
        if message.type not in ("note_on", "note_off") or message.channel == _DRUMS:
            continue
        open_notes = begun[message.channel, message.note]
        if message.type == "note_on" and message.velocity > 0:
            open_notes.append(now)
        elif open_notes:
            notes.append((message.note, open_notes.pop(0), now))
    for (_, pitch), starts in begun.items():
        notes += [(pitch, start, now) for start in starts]  # never ended: until the end
    ticks = file.ticks_per_beat
    return [(pitch, start / ticks, end / ticks) for pitch, start, end in notes]


def _rounded(moment: float) -> int:
    return int(moment + 0.5)


def _open(content: bytes, path: str) -> Any:
    mido = _mido()
    try:
        return mido.MidiFile(file=BytesIO(content))
    except Exception as error:
        # On a damaged file mido raises whatever its parser happens to meet.
        why = f"is no MIDI file that can be read ({type(error).__name__}: {error})"
        raise _refused(why, path) from error


def _mido() -> ModuleType:
    try:
        return import_module("mido")
    except ImportError as error:
        why = "MIDI files need the package 'mido': pip install 'rnnlab-polyphony[midi]'"
        raise ConfigError(why, key="dataset", value="piano_rolls") from error


def _refused(why: str, path: str) -> DataError:
    return DataError(why, key="dataset.path", value=path)
