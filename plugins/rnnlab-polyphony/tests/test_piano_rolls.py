from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.io import savemat

from rnnlab.errors import DataError
from rnnlab_polyphony.keys import roll_of
from rnnlab_polyphony.midi_files import write_midi
from rnnlab_polyphony.piano_rolls import PianoRolls

CHORDS = [[60, 64], [62], [64, 67], [65]]
PIECES = {"train": [CHORDS, CHORDS[:3]], "valid": [CHORDS[1:]], "test": [CHORDS[2:]]}


def as_json(folder: Path, pieces: Any = PIECES) -> str:
    path = folder / "a.json"
    path.write_text(json.dumps(pieces))
    return str(path)


def as_mat(folder: Path) -> str:
    arrays = {}
    for part, pieces in PIECES.items():
        cells = np.empty((1, len(pieces)), dtype=object)
        for i, piece in enumerate(pieces):
            cells[0, i] = roll_of(piece).numpy()
        arrays[f"{part}data"] = cells
    path = folder / "a.mat"
    savemat(path, arrays)
    return str(path)


def as_midi(folder: Path, *, divided: bool = True) -> str:
    pytest.importorskip("mido")
    top = folder / f"midi_{divided}"
    for part, pieces in PIECES.items():
        inner = top / part if divided else top
        inner.mkdir(parents=True, exist_ok=True)
        for i, piece in enumerate(pieces):
            write_midi(roll_of(piece), inner / f"{part}_{i}.mid")
    return str(top)


def test_all_three_forms_give_the_same_data(tmp_path: Path) -> None:
    first, *others = [PianoRolls(form(tmp_path)) for form in (as_json, as_mat, as_midi)]

    for other in others:
        for part in ("train", "val", "test"):
            assert torch.equal(first.split(part).input, other.split(part).input)
            assert torch.equal(first.split(part).target, other.split(part).target)
            assert torch.equal(first.split(part).lengths, other.split(part).lengths)
    assert first.split("train").lengths.tolist() == [3, 2]


def test_the_first_chord_is_foretold_from_silence_if_wanted(tmp_path: Path) -> None:
    split = PianoRolls(as_json(tmp_path), predict_first=True).split("test")

    assert split.lengths.tolist() == [2]
    assert not split.input[0, 0].any()
    assert torch.equal(split.target[0], roll_of(CHORDS[2:]).float())


def test_the_hash_follows_the_content(tmp_path: Path) -> None:
    before = PianoRolls(as_json(tmp_path)).sha256()

    assert PianoRolls(as_json(tmp_path)).sha256() == before
    assert PianoRolls(as_json(tmp_path, {**PIECES, "test": [CHORDS]})).sha256() != before


def test_a_folder_that_is_not_divided_is_divided_by_the_split_seed(tmp_path: Path) -> None:
    path = as_midi(tmp_path, divided=False)

    halves = {"val_fraction": 0.25, "test_fraction": 0.25}
    splits = [PianoRolls(path, **halves, split_seed=seed) for seed in range(5)]

    assert all(
        [len(data.split(part)) for part in ("train", "val", "test")] == [2, 1, 1] for data in splits
    )
    assert torch.equal(
        splits[0].split("test").input, PianoRolls(path, **halves).split("test").input
    )
    lengths = {tuple(data.split("test").lengths.tolist()) for data in splits}
    assert len(lengths) > 1


def test_a_finer_grid_has_more_steps(tmp_path: Path) -> None:
    path = as_midi(tmp_path)

    coarse, fine = PianoRolls(path), PianoRolls(path, steps_per_quarter=2)

    assert fine.split("test").lengths.tolist() == [3]
    assert coarse.split("test").lengths.tolist() == [1]


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    half = Path(as_midi(tmp_path)).rename(tmp_path / "half")
    for file in (half / "test").iterdir():
        file.unlink()
    (half / "test").rmdir()
    (tmp_path / "none").mkdir()
    (tmp_path / "empty.mat").write_bytes(b"")
    for name in ("a.pickle", "a.mid", "a.txt"):
        (tmp_path / name).write_text("something")
    for path, why in (
        (tmp_path / "gone.mat", "no such file"),
        (tmp_path / "empty.mat", "is an empty file"),
        (tmp_path / "a.pickle", "is a pickle, which can run any code"),
        (tmp_path / "a.mid", "is a single MIDI file; name a folder of them"),
        (tmp_path / "a.txt", "is none of the files that are read here; valid: .mat, .json"),
        (tmp_path / "none", "is a folder without MIDI files"),
        (half, "is divided, but lacks the folder test"),
        ("nul\0.mat", "no such file"),
    ):
        with pytest.raises(DataError, match=why) as caught:
            PianoRolls(str(path))
        assert str(caught.value).startswith("dataset.path=")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("pieces", [[], [[[60]]]])
def test_a_part_without_anything_to_foretell_is_one_line(
    tmp_path: Path, pieces: list[list[list[int]]]
) -> None:
    path = as_json(tmp_path, {**PIECES, "valid": pieces})

    with pytest.raises(DataError, match="the val part has no piece with a step to foretell"):
        PianoRolls(path)
