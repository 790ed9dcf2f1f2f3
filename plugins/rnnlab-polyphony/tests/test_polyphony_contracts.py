"""The rules that every task and every dataset keeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from rnnlab.testing import DatasetContract, TaskContract
from rnnlab_polyphony.bach_chorales import BachChorales
from rnnlab_polyphony.keys import roll_of
from rnnlab_polyphony.midi_files import write_midi
from rnnlab_polyphony.multilabel import Multilabel
from rnnlab_polyphony.piano_rolls import PianoRolls

CHORDS = [[60, 64], [62], [64, 67], [65], [], [60, 72]]
PIECES = [CHORDS[i:] + CHORDS[:i] for i in range(3)] + [CHORDS[:3], CHORDS[:4], CHORDS[2:]]


class TestMultilabel(TaskContract):
    def make_task(self, **arguments: Any) -> Multilabel:
        return Multilabel(**arguments)


NAMED = "it names what is read; test_piano_rolls.py reads several"
NO_MIDI = "matters for folders of MIDI files only"
OTHER = [[72], [71], [69], [67]]


class TestPianoRollsOfAFile(DatasetContract):
    reads = True
    unseen_arguments: ClassVar = {
        "path": NAMED,
        **dict.fromkeys(
            ("steps_per_quarter", "val_fraction", "test_fraction", "split_seed"), NO_MIDI
        ),
    }

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.path = tmp_path

    def make_dataset(self, **arguments: Any) -> PianoRolls:
        return self.reading(PIECES, arguments)

    def make_other_dataset(self) -> PianoRolls:
        return self.reading([*PIECES[:-1], OTHER], {})

    def reading(self, pieces: list[list[list[int]]], arguments: dict[str, Any]) -> PianoRolls:
        file = self.path / "a.json"
        parts = {"train": pieces[:3], "valid": pieces[3:4], "test": pieces[4:]}
        file.write_text(json.dumps(parts))
        return PianoRolls(**{"path": str(file), **arguments})


class TestPianoRollsOfAFolder(DatasetContract):
    reads = True
    unseen_arguments: ClassVar = {"path": NAMED}

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        pytest.importorskip("mido")
        self.path = tmp_path

    def make_dataset(self, **arguments: Any) -> PianoRolls:
        return self.reading(PIECES, arguments)

    def make_other_dataset(self) -> PianoRolls:
        return self.reading([*PIECES[:-1], OTHER], {})

    def reading(self, pieces: list[list[list[int]]], arguments: dict[str, Any]) -> PianoRolls:
        for i, piece in enumerate(pieces):
            write_midi(roll_of(piece), self.path / f"{i}.mid")
        return PianoRolls(**{"path": str(self.path), **arguments})


class TestBachChorales(DatasetContract):
    reads = True
    other_values: ClassVar = {"pieces": 7}  # null would read all 371

    def make_dataset(self, **arguments: Any) -> BachChorales:
        pytest.importorskip("music21")
        few = {"pieces": 6, "val_fraction": 0.3, "test_fraction": 0.3}
        return BachChorales(**{**few, **arguments})

    def make_other_dataset(self) -> BachChorales:
        return self.make_dataset(pieces=7)
