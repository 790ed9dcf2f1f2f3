from itertools import product

import pytest
import torch

from rnnlab.baselines.alignment import Emissions, align
from rnnlab.data.padding import pad

LETTERS, SOUNDS = 3, 2


def explanations(letters: list[int], sounds: list[int]) -> list[list[tuple[int, ...]]]:
    """Every way to cut the sounds into one piece of zero to two for each letter."""
    found = []
    for sizes in product(range(3), repeat=len(letters)):
        if sum(sizes) == len(sounds):
            ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
            found.append(
                [tuple(sounds[end - size : end]) for end, size in zip(ends, sizes, strict=True)]
            )
    return found


def column(piece: tuple[int, ...]) -> int:
    if not piece:
        return 0
    return 1 + piece[0] if len(piece) == 1 else 1 + SOUNDS + piece[0] * SOUNDS + piece[1]


def by_hand(words: list[tuple[list[int], list[int]]], iterations: int) -> torch.Tensor:
    table = torch.tensor([[0.25] + [0.7 / 2] * 2 + [0.05 / 4] * 4] * LETTERS).double()
    counts = table
    for _ in range(iterations):
        counts = torch.zeros_like(table)
        for letters, sounds in words:
            ways = explanations(letters, sounds)
            chances = []
            for way in ways:
                chance = 1.0
                for letter, piece in zip(letters, way, strict=True):
                    chance *= float(table[letter, column(piece)])
                chances.append(chance)
            for way, chance in zip(ways, chances, strict=True):
                for letter, piece in zip(letters, way, strict=True):
                    counts[letter, column(piece)] += chance / sum(chances)
        table = counts / counts.sum(1, keepdim=True).clamp(min=1e-300)
    return counts


def fitted(words: list[tuple[list[int], list[int]]], iterations: int) -> Emissions:
    letters, letter_lengths = pad([word for word, _ in words])
    sounds, sound_lengths = pad([sound for _, sound in words])
    return align(
        letters,
        letter_lengths,
        sounds,
        sound_lengths,
        letter_count=LETTERS,
        sound_count=SOUNDS,
        iterations=iterations,
    )


@pytest.mark.parametrize("iterations", [1, 2, 4])
def test_expected_counts_against_all_explanations(iterations: int) -> None:
    words = [
        ([0, 1, 2], [0, 1]),
        ([1, 1], [1, 0, 1, 1]),
        ([2], [0]),
        ([0, 2, 1, 0], [1]),
        ([1], []),
        ([0, 0], [0, 0, 1]),
    ]

    counts = fitted(words, iterations).table

    torch.testing.assert_close(counts, by_hand(words, iterations), rtol=1e-6, atol=1e-9)


def test_words_with_too_many_sounds_count_for_nothing() -> None:
    words = [([0, 1], [0, 1]), ([2], [1, 1])]

    with_impossible = fitted([*words, ([1], [0, 0, 0])], 3).table

    torch.testing.assert_close(with_impossible, fitted(words, 3).table)


def test_a_code_is_broken() -> None:
    generator = torch.Generator().manual_seed(0)
    code: list[list[int]] = [[0], [], [1, 0]]
    words = []
    for _ in range(200):
        letters = torch.randint(0, 3, (4,), generator=generator).tolist()
        words.append((letters, [sound for letter in letters for sound in code[letter]]))

    assert fitted(words, 20).most_probable() == code
