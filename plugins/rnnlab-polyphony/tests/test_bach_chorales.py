from __future__ import annotations

import sys

import pytest
import torch
from torch import Tensor

from rnnlab.errors import ConfigError
from rnnlab_polyphony.bach_chorales import BachChorales
from rnnlab_polyphony.keys import KEY_NAMES, LOWEST, chords_of

FEW = {"pieces": 3, "val_fraction": 0.34, "test_fraction": 0.34}


def pieces_of(data: BachChorales) -> dict[int, Tensor]:
    """Return what is foretold of each piece, by its number of steps."""
    return {
        int(length): target[:length]
        for part in ("train", "val", "test")
        for target, length in zip(data.split(part).target, data.split(part).lengths, strict=True)
    }


def test_the_first_chorale_begins_as_bach_wrote_it() -> None:
    pytest.importorskip("music21")
    data = BachChorales(predict_first=True, **FEW)

    chords = chords_of(pieces_of(data)[63])

    # BWV 269, Aus meines Herzens Grunde: an upbeat and 21 bars of 3/4 in G major, less the beat.
    named = [[KEY_NAMES[pitch - LOWEST] for pitch in chord] for chord in chords]
    assert named[:4] == [
        ["G2", "B3", "D4", "G4"],
        ["G3", "B3", "D4", "G4"],
        ["E3", "C4", "E4", "G4"],
        ["F#3", "A3", "D4", "D5"],
    ]
    assert named[-1] == ["G2", "B3", "D4", "G4"]


def test_a_finer_grid_holds_the_coarser_one() -> None:
    pytest.importorskip("music21")
    coarse = pieces_of(BachChorales(predict_first=True, **FEW))
    fine = pieces_of(BachChorales(predict_first=True, steps_per_quarter=2, **FEW))

    assert sorted(fine) == [2 * steps for steps in sorted(coarse)]
    for steps, roll in coarse.items():
        assert torch.equal(fine[2 * steps][::2], roll)


def test_the_same_pieces_have_the_same_hash_and_others_another() -> None:
    pytest.importorskip("music21")
    first, again, more = (
        BachChorales(**FEW),
        BachChorales(**FEW),
        BachChorales(**FEW | {"pieces": 4}),
    )

    assert first.sha256() == again.sha256() != more.sha256()


def test_the_split_seed_moves_pieces() -> None:
    pytest.importorskip("music21")
    tests = {
        int(BachChorales(**FEW, split_seed=seed).split("test").lengths[0]) for seed in range(4)
    }

    assert len(tests) > 1


def test_an_empty_part_is_one_line() -> None:
    pytest.importorskip("music21")
    with pytest.raises(ConfigError, match=r"dataset.pieces=3: of 3 pieces none is left"):
        BachChorales(pieces=3, val_fraction=0.1, test_fraction=0.34)


def test_without_music21_the_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "music21", None)

    with pytest.raises(ConfigError, match=r"pip install 'rnnlab-polyphony\[bach\]'"):
        BachChorales()
