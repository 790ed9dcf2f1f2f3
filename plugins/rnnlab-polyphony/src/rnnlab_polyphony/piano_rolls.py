"""Polyphonic music from a person's files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from torch import Tensor

from rnnlab.data.content import content_sha256
from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.files import read_file
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import TensorSplit
from rnnlab.errors import DataError
from rnnlab.ranges import Range
from rnnlab_polyphony.json_file import read_json
from rnnlab_polyphony.label_frequency import LabelFrequency
from rnnlab_polyphony.label_persistence import LabelPersistence
from rnnlab_polyphony.mat_file import read_mat
from rnnlab_polyphony.midi_files import SUFFIXES
from rnnlab_polyphony.midi_folder import read_folder
from rnnlab_polyphony.next_chord import next_chord_spec, next_chord_split


class PianoRolls(Dataset):
    """Pieces of music as piano rolls: which of 88 keys sound at each step, and which at the next.

    ``rnnlab train experiment=jsb_gru dataset.path=JSB_Chorales.mat``

    The path is one of these:

    - a ``.mat`` file with the cell arrays ``traindata``, ``validdata`` and ``testdata``, as the
      four sets of Boulanger-Lewandowski et al. 2012 are published with their split;
    - a ``.json`` file, ``{"train": [...], "valid": [...], "test": [...]}``, of pieces of chords of
      MIDI numbers;
    - a folder of MIDI files: those in its folders ``train``, ``valid`` and ``test`` if it has
      them, else all below it, divided by ``split_seed``.

    Pickles are refused, for reading one can run any code.

    Args:
        path: The file or folder.
        predict_first: Whether the first chord of each piece is foretold, too, from silence; Bai et
            al. 2018 begin with the second.
        steps_per_quarter: Steps in a quarter note, for MIDI files.
        val_fraction: Share of the validation part, for a folder that is not divided.
        test_fraction: Share of the test part, for a folder that is not divided.
        split_seed: Decides which piece is in which part, for a folder that is not divided.

    Raises:
        DataError: There is nothing that can be read; the message says what and why.
    """

    def __init__(
        self,
        path: str,
        predict_first: bool = False,
        steps_per_quarter: Annotated[int, Range(min=1, max=480)] = 1,
        val_fraction: Annotated[float, Range(above=0, below=1)] = 0.2,
        test_fraction: Annotated[float, Range(above=0, below=1)] = 0.2,
        split_seed: int = 0,
    ) -> None:
        self.baselines = (LabelFrequency(), LabelPersistence())
        folder = _folder(path)
        if folder is None:
            content = read_file(path)
            rolls = _read(content, path)
            self._sha256 = content_sha256(content)
        else:
            rolls, self._sha256 = read_folder(
                folder,
                path,
                steps_per_quarter=steps_per_quarter,
                val_fraction=val_fraction,
                test_fraction=test_fraction,
                split_seed=split_seed,
            )
        self._splits = {
            part: next_chord_split(pieces, predict_first=predict_first)
            for part, pieces in rolls.items()
        }
        for part, split in self._splits.items():
            if not len(split):
                why = f"the {part} part has no piece with a step to foretell"
                raise DataError(why, key="dataset.path", value=path)

    @property
    def spec(self) -> DataSpec:
        """Steps of 88 zeros and ones, and the same one step later."""
        return next_chord_spec()

    def split(self, part: Part) -> TensorSplit:
        """Return rolls ``(N, T, 88)``, the same one step later, and lengths."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of the file, or of all files with their names."""
        return self._sha256


def _folder(path: str) -> Path | None:
    try:
        folder = Path(path).expanduser()
        return folder if folder.is_dir() else None
    except (OSError, ValueError, RuntimeError):
        return None  # what is wrong with such a path is said where it is read


def _read(content: bytes, path: str) -> dict[Part, list[Tensor]]:
    suffix = Path(path).suffix.lower()
    if suffix == ".mat":
        return read_mat(content, path)
    if suffix == ".json":
        return read_json(content, path)
    why = "is none of the files that are read here"
    if suffix in (".pickle", ".pkl"):
        why = "is a pickle, which can run any code when it is read; save its lists as .json"
    if suffix in SUFFIXES:
        why = "is a single MIDI file; name a folder of them"
    valid = (".mat", ".json", "a folder of MIDI files")
    raise DataError(why, key="dataset.path", value=path, valid=valid)
