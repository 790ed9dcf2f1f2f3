"""The chorales of Bach that come inside music21."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from math import ceil
from typing import Annotated, Any

from torch import Tensor

from rnnlab.data.content import content_sha256
from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.partition import partition
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import TensorSplit
from rnnlab.errors import ConfigError
from rnnlab.ranges import Range
from rnnlab_polyphony.keys import roll_of
from rnnlab_polyphony.label_frequency import LabelFrequency
from rnnlab_polyphony.label_persistence import LabelPersistence
from rnnlab_polyphony.next_chord import next_chord_spec, next_chord_split


class BachChorales(Dataset):
    """The 371 chorales of Riemenschneider's edition, as the corpus of ``music21`` has them.

    ``rnnlab train dataset=bach_chorales task=multilabel``

    All parts are read, the instruments of some twenty chorales too, as written: repeats are not
    played. What sounds at the beginning of a step is its chord; the split is by piece. This is not
    the published JSB Chorales data, whose pieces, keys and split are others, so that scores cannot
    be compared with the literature: that is ``dataset=piano_rolls``. Reading all takes half a
    minute the first time, and a third of that from the cache that ``music21`` keeps.

    Args:
        pieces: How many, in the order of the edition; null for all.
        predict_first: Whether the first chord of each piece is foretold, too, from silence.
        steps_per_quarter: Steps in a quarter note.
        val_fraction: Share of the validation part.
        test_fraction: Share of the test part.
        split_seed: Decides which piece is in which part.

    Raises:
        ConfigError: ``music21`` is not installed, or a part would be empty.
    """

    def __init__(
        self,
        pieces: Annotated[int | None, Range(min=3)] = None,
        predict_first: bool = False,
        steps_per_quarter: Annotated[int, Range(min=1, max=48)] = 1,
        val_fraction: Annotated[float, Range(above=0, below=1)] = 0.2,
        test_fraction: Annotated[float, Range(above=0, below=1)] = 0.2,
        split_seed: int = 0,
    ) -> None:
        self.baselines = (LabelFrequency(), LabelPersistence())
        rolls = [_roll(score, steps_per_quarter) for score in _scores(pieces)]
        parts = partition(
            [None] * len(rolls),
            val_fraction=val_fraction,
            test_fraction=test_fraction,
            split_seed=split_seed,
        )
        for part, positions in parts.items():
            if not positions:
                why = f"of {len(rolls)} pieces none is left for the {part} part"
                raise ConfigError(why, key="dataset.pieces", value=pieces)
        self._sha256 = content_sha256(*rolls)
        self._splits = {
            part: next_chord_split([rolls[i] for i in positions], predict_first=predict_first)
            for part, positions in parts.items()
        }

    @property
    def spec(self) -> DataSpec:
        """Steps of 88 zeros and ones, and the same one step later."""
        return next_chord_spec()

    def split(self, part: Part) -> TensorSplit:
        """Return rolls ``(N, T, 88)``, the same one step later, and lengths."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of all rolls."""
        return self._sha256


def _scores(pieces: int | None) -> Iterator[Any]:
    try:
        corpus = import_module("music21").corpus
    except ImportError as error:
        why = "needs the package 'music21'; install it with: pip install 'rnnlab-polyphony[bach]'"
        raise ConfigError(why, key="dataset", value="bach_chorales") from error
    chorales = corpus.chorales.Iterator(returnType="filename")
    for number, name in enumerate(chorales):
        if number == pieces:
            return
        yield corpus.parse(name)


def _roll(score: Any, steps_per_quarter: int) -> Tensor:
    """Return the roll ``(T, 88)`` of what sounds at the beginning of each step."""
    notes = list(score.flatten().notes)
    # Offsets are fractions where triplets begin, so that nothing is lost to rounding.
    ends = [note.offset + note.quarterLength for note in notes]
    steps = ceil(max(ends) * steps_per_quarter)
    chords: list[set[int]] = [set() for _ in range(steps)]
    for note, end in zip(notes, ends, strict=True):
        for step in range(ceil(note.offset * steps_per_quarter), ceil(end * steps_per_quarter)):
            chords[step] |= {pitch.midi for pitch in note.pitches}
    return roll_of(chords)
