"""JSON files of chords: what pickled piano rolls hold, in a form that runs no code."""

from __future__ import annotations

import json
from typing import Any

from torch import Tensor

from rnnlab.data.dataset import Part
from rnnlab.data.files import decode_text
from rnnlab.errors import DataError
from rnnlab_polyphony.keys import roll_of

_NAMES: dict[str, Part] = {"train": "train", "valid": "val", "test": "test"}
_REST = -1


def read_json(content: bytes, path: str) -> dict[Part, list[Tensor]]:
    """Return the rolls ``(T, 88)`` uint8 of each part.

    Args:
        content: ``{"train": [...], "valid": [...], "test": [...]}``, each a list of pieces, each a
            list of chords, each a list of MIDI numbers from 21 to 108; -1 is a silent voice.
        path: Where it is, for messages.

    Raises:
        DataError: It is something else; the message says what and where.
    """
    try:
        parts = json.loads(decode_text(content, path))
    except (ValueError, RecursionError) as error:
        raise DataError(f"is no JSON ({error})", key="dataset.path", value=path) from error
    if not isinstance(parts, dict) or not set(_NAMES) <= set(parts):
        why = f"must be an object with the keys {', '.join(_NAMES)}"
        if isinstance(parts, dict):
            why += f", and has: {', '.join(map(str, parts)) or 'none'}"
        raise DataError(why, key="dataset.path", value=path)
    try:
        return {part: _pieces(parts[name], name) for name, part in _NAMES.items()}
    except _BadPiece as error:
        raise DataError(str(error), key="dataset.path", value=path) from error


class _BadPiece(ValueError):
    pass


def _pieces(pieces: Any, name: str) -> list[Tensor]:
    if not isinstance(pieces, list):
        raise _BadPiece(f"{name} must be a list of pieces")
    return [_roll(piece, f"{name}[{i}]") for i, piece in enumerate(pieces)]


def _roll(piece: Any, name: str) -> Tensor:
    if not (isinstance(piece, list) and all(isinstance(chord, list) for chord in piece)):
        raise _BadPiece(f"{name} must be a list of chords, each a list of MIDI numbers")
    if not piece:
        raise _BadPiece(f"{name} has no steps")
    for step, chord in enumerate(piece):
        for pitch in chord:
            if type(pitch) is not int:
                raise _BadPiece(f"{name}, step {step}: {pitch!r} is no whole number")
    try:
        return roll_of([[pitch for pitch in chord if pitch != _REST] for chord in piece])
    except ValueError as error:
        raise _BadPiece(f"{name}, {error}") from error
