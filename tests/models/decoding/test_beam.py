from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
import torch
from torch import Tensor

from rnnlab.models.decoding import Step, beam, greedy

Maker = Callable[..., tuple[Step, Tensor]]


def log_probability(step: Step, state: Tensor, begin: int, sequence: list[int]) -> float:
    """Of one sequence, by feeding it: teacher forcing."""
    total, previous = 0.0, begin
    for token in sequence:
        scores, state = step(torch.tensor([previous]), state)
        total += float(scores[0, token])
        previous = token
    return total


def sequences(V: int, L: int, end: int | None) -> list[list[int]]:
    """All sequences that a decoder can make: ended by ``end``, or of L tokens."""
    found = []
    for length in range(1, L + 1):
        for item in product(range(V), repeat=length):
            if end in item[:-1] or (length < L and item[-1] != end):
                continue
            found.append(list(item))
    return found


@pytest.mark.parametrize("penalty", [0.0, 0.7, 2.0])
@pytest.mark.parametrize("end", [None, 1])
@pytest.mark.parametrize(("V", "L"), [(2, 5), (3, 4), (5, 1)])
def test_full_width_is_exhaustive_search(
    V: int, L: int, end: int | None, penalty: float, random_model: Maker
) -> None:
    step, states = random_model(V, 3, seed=V)
    begin = torch.full((3,), V)
    decoded = beam(step, states, begin, end, L, width=V**L, length_penalty=penalty)
    for b in range(3):

        def score(sequence: list[int], b: int = b) -> float:
            value = log_probability(step, states[b : b + 1], V, sequence)
            return value / ((5 + len(sequence)) / 6) ** penalty

        best = max(sequences(V, L, end), key=score)
        length = int(decoded.lengths[b])
        assert decoded.tokens[b, :length].tolist() == best
        assert length == len(best)


@pytest.mark.parametrize("width", [1, 2, 5])
@pytest.mark.parametrize("end", [None, 0])
def test_log_probabilities_equal_a_rescoring(
    width: int, end: int | None, random_model: Maker
) -> None:
    step, states = random_model(4, 6)
    decoded = beam(step, states, torch.full((6,), 4), end, 7, width=width, length_penalty=0.5)
    for b in range(6):
        sequence = decoded.tokens[b, : decoded.lengths[b]].tolist()
        expected = log_probability(step, states[b : b + 1], 4, sequence)
        assert float(decoded.log_probabilities[b]) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("end", [None, 2])
def test_width_one_is_greedy(end: int | None, random_model: Maker) -> None:
    step, states = random_model(6, 20)
    begin = torch.full((20,), 6)
    narrow, first = beam(step, states, begin, end, 8, width=1), greedy(step, states, begin, end, 8)
    assert torch.equal(narrow.lengths, first.lengths)
    assert torch.equal(narrow.tokens, first.tokens)
    torch.testing.assert_close(
        narrow.log_probabilities.double(), first.log_probabilities, rtol=1e-5, atol=1e-5
    )


def test_wider_beams_find_likelier_sequences(random_model: Maker) -> None:
    step, states = random_model(5, 40, scale=1.0)
    found = [
        beam(step, states, torch.full((40,), 5), None, 6, width=width).log_probabilities
        for width in (1, 4, 625)
    ]
    assert float(found[1].mean()) > float(found[0].mean())
    assert bool((found[2] >= found[1] - 1e-6).all())


def test_rows_do_not_meet(random_model: Maker) -> None:
    step, states = random_model(4, 5)
    together = beam(step, states, torch.full((5,), 4), 3, 6, width=3)
    for b in range(5):
        alone = beam(step, states[b : b + 1], torch.tensor([4]), 3, 6, width=3)
        length = int(alone.lengths[0])
        assert together.lengths[b] == length
        assert torch.equal(together.tokens[b, :length], alone.tokens[0, :length])
        assert bool((together.tokens[b, length:] == 3).all())


def test_states_of_any_structure_follow_their_beams(random_model: Maker) -> None:
    step, states = random_model(4, 3)

    def nested(tokens: Tensor, state: dict[str, tuple[Tensor]]) -> tuple[Tensor, object]:
        scores, after = step(tokens, state["h"][0])
        return scores, {"h": (after,)}

    plain = beam(step, states, torch.full((3,), 4), 0, 5, width=4)
    same = beam(nested, {"h": (states,)}, torch.full((3,), 4), 0, 5, width=4)
    assert torch.equal(plain.tokens, same.tokens)
