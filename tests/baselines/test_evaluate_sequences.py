"""The baselines that make sequences, recomputed without the code under test."""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rnnlab.baselines.evaluate import evaluate_baselines
from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.datasets.digits_caption import DigitsCaption
from rnnlab.data.datasets.spelling_to_sound import SpellingToSound
from rnnlab.data.split import TensorSplit
from rnnlab.tasks.many_to_many import ManyToMany
from rnnlab.tasks.one_to_many import OneToMany

Pieces = list[tuple[int, tuple[int, ...]]]


def sequences(dataset: Dataset, part: Part) -> list[list[int]]:
    """The targets of a part, without the ``<eos>`` at their ends."""
    split = dataset.split(part)
    assert isinstance(split, TensorSplit)
    assert split.target_lengths is not None
    lengths = split.target_lengths.tolist()
    return [row[: n - 1] for row, n in zip(split.target.tolist(), lengths, strict=True)]


def edits(made: list[int], true: list[int]) -> int:
    row = list(range(len(true) + 1))
    for i, mine in enumerate(made):
        before, row = row, [i + 1]
        for j, right in enumerate(true):
            row.append(min(before[j] + (mine != right), before[j + 1] + 1, row[j] + 1))
    return row[-1]


def error_rates(made: list[list[int]], true: list[list[int]]) -> dict[str, Any]:
    distances = [edits(mine, right) for mine, right in zip(made, true, strict=True)]
    return {
        "token_error_rate": pytest.approx(sum(distances) / sum(map(len, true))),
        "sequence_error_rate": pytest.approx(np.mean([distance > 0 for distance in distances])),
    }


def test_captions_by_the_most_frequent_one_of_each_length() -> None:
    dataset = DigitsCaption(train_size=300, val_size=1, test_size=300)
    train, test = sequences(dataset, "train"), sequences(dataset, "test")
    best = {
        length: max(
            Counter(tuple(row) for row in train if len(row) == length).items(),
            key=lambda item: (item[1], [-token for token in item[0]]),
        )[0]
        for length in {len(row) for row in train}
    }

    scores = evaluate_baselines(dataset, OneToMany())

    expected = error_rates([list(best[len(row)]) for row in test], test)
    assert scores == {"most_frequent_sequence": expected}


def test_sounds_by_the_most_frequent_ones_of_each_letter(
    arrays: Callable[..., tuple[np.ndarray, np.ndarray, Any]],
) -> None:
    dataset = SpellingToSound(max_letters=4, max_words=600, test_fraction=0.2)
    pairs_of: dict[Part, list[tuple[list[int], list[int]]]] = {}
    for part in ("train", "test"):
        inputs, _, lengths = arrays(dataset, part)
        assert lengths is not None
        words = [row[:n].tolist() for row, n in zip(inputs, lengths, strict=True)]
        pairs_of[part] = list(zip(words, sequences(dataset, part), strict=True))
    said = letter_sounds(pairs_of["train"], dataset.spec.target.size)

    scores = evaluate_baselines(dataset, ManyToMany())

    # A letter that training has not says nothing.
    made = [[x for letter in word for x in said.get(letter, ())] for word, _ in pairs_of["test"]]
    assert scores == {"letterwise": error_rates(made, [true for _, true in pairs_of["test"]])}


def letter_sounds(
    words: list[tuple[list[int], list[int]]], sound_count: int
) -> dict[int, tuple[int, ...]]:
    """Expectation-maximisation over all explanations of each word, written out one by one."""
    all_ways = [explanations(letters, sounds) for letters, sounds in words]
    start = {0: 0.25, 1: 0.7 / sound_count, 2: 0.05 / sound_count**2}
    chance = {piece: start[len(piece[1])] for ways in all_ways for way in ways for piece in way}
    counts: Counter[tuple[int, tuple[int, ...]]] = Counter()
    for _ in range(10):
        counts = Counter()
        for ways in all_ways:
            weights = [math.prod(chance[piece] for piece in way) for way in ways]
            for way, weight in zip(ways, weights, strict=True):
                for piece in way:
                    counts[piece] += weight / sum(weights)  # type: ignore[assignment]
        totals: Counter[int] = Counter()
        for (letter, _), count in counts.items():
            totals[letter] += count
        chance = {piece: count / totals[piece[0]] for piece, count in counts.items()}
    return {
        letter: max((count, sounds) for (of, sounds), count in counts.items() if of == letter)[1]
        for letter in {letter for letter, _ in counts}
    }


def explanations(letters: list[int], sounds: list[int]) -> list[Pieces]:
    """Every way to give each letter zero to two of the sounds in their order."""
    if not letters:
        return [] if sounds else [[]]
    return [
        [(letters[0], tuple(sounds[:size])), *rest]
        for size in range(min(2, len(sounds)) + 1)
        for rest in explanations(letters[1:], sounds[size:])
    ]
