"""A folder of MIDI files, divided into parts by its own folders or by chance."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from rnnlab.data.content import content_sha256
from rnnlab.data.dataset import Part
from rnnlab.data.division import divide_examples
from rnnlab.data.files import read_file
from rnnlab.errors import DataError
from rnnlab_polyphony.midi_files import SUFFIXES, read_midi

_FOLDERS: dict[str, Part] = {"train": "train", "valid": "val", "test": "test"}


def read_folder(
    folder: Path,
    path: str,
    *,
    steps_per_quarter: int,
    val_fraction: float,
    test_fraction: float,
    split_seed: int,
) -> tuple[dict[Part, list[Tensor]], str]:
    """Return the rolls ``(T, 88)`` of each part, and the hash of all files with their names.

    Args:
        folder: Where MIDI files are: in its folders ``train``, ``valid`` and ``test`` if it has
            any of them, else anywhere below it.
        path: The folder as it was named, for messages.
        steps_per_quarter: Steps in a quarter note.
        val_fraction: Share of the validation part, where the folder is not divided.
        test_fraction: Share of the test part, likewise.
        split_seed: Decides which file is in which part, likewise.

    Raises:
        ConfigError: ``mido`` is not installed.
        DataError: There are no files, or too few, or one cannot be read.
    """
    divided = {name for name in _FOLDERS if (folder / name).is_dir()}
    if divided and len(divided) < len(_FOLDERS):
        why = f"is divided, but lacks the folder {min(set(_FOLDERS) - divided)}"
        raise DataError(why, key="dataset.path", value=path)
    roots = [folder / name for name in _FOLDERS] if divided else [folder]
    files = [file for root in roots for file in _midi_files(root)]
    if not files:
        raise DataError("is a folder without MIDI files", key="dataset.path", value=path)
    contents = [read_file(str(file)) for file in files]
    rolls = [
        read_midi(content, str(file), steps_per_quarter=steps_per_quarter)
        for content, file in zip(contents, files, strict=True)
    ]
    names = [file.relative_to(folder).as_posix() for file in files]
    if divided:
        parts: dict[Part, list[int]] = {
            part: [i for i, name in enumerate(names) if name.startswith(f"{root}/")]
            for root, part in _FOLDERS.items()
        }
    else:
        parts = divide_examples(
            [None] * len(files),
            path,
            val_fraction=val_fraction,
            test_fraction=test_fraction,
            split_seed=split_seed,
        )
    chosen = {part: [rolls[i] for i in positions] for part, positions in parts.items()}
    return chosen, content_sha256(*names, *contents)


def _midi_files(folder: Path) -> list[Path]:
    # By their names, so that the order is the same on every machine.
    return sorted(
        file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file()
    )
