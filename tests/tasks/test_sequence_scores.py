from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.vocabulary import BEGIN, END, UNKNOWN, Vocabulary
from rnnlab.models.output import Output
from rnnlab.tasks.sequence_scores import SequenceScores

INPUT = Field("reals", 1, sequence=True)
WORDS = Vocabulary((END, BEGIN, "a", "b", "c"))
ENDED = DataSpec(INPUT, Field("tokens", 5, sequence=True, vocabulary=WORDS))
FIXED = DataSpec(INPUT, Field("tokens", 5, sequence=True))


def edit_distance(a: list[int], b: list[int]) -> int:
    table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    table[:, 0], table[0] = range(len(a) + 1), range(len(b) + 1)
    for i in range(len(a)):
        for j in range(len(b)):
            table[i + 1, j + 1] = min(
                table[i, j + 1] + 1, table[i + 1, j] + 1, table[i, j] + (a[i] != b[j])
            )
    return int(table[-1, -1])


def pad(rows: list[list[int]]) -> torch.Tensor:
    longest = max(1, *map(len, rows))
    return torch.tensor([row + [0] * (longest - len(row)) for row in rows])


rows = st.lists(st.lists(st.integers(2, 4), max_size=6), min_size=4, max_size=4)


@settings(deadline=None, max_examples=25)
@given(made=rows, true=rows)
def test_error_rates_against_numpy(made: list[list[int]], true: list[list[int]]) -> None:
    true[0] = [2, *true[0]]  # at least one true token
    scores = SequenceScores(ENDED)
    for part in (slice(0, 3), slice(3, 4)):
        mine, right = ([[*row, 0] for row in side[part]] for side in (made, true))
        lengths = torch.tensor([len(row) for row in right])
        batch = Batch(torch.zeros(len(right), 1, 1), pad(right), target_lengths=lengths)
        scores.update(Output(None, sequence=pad(mine)), batch)
    pairs = list(zip(made, true, strict=True))
    assert scores.compute() == pytest.approx(
        {
            "token_error_rate": sum(edit_distance(a, b) for a, b in pairs) / sum(map(len, true)),
            "sequence_error_rate": np.mean([a != b for a, b in pairs]),
        },
        rel=1e-5,
    )


def test_without_end_all_valid_steps_count() -> None:
    scores = SequenceScores(FIXED)
    batch = Batch(torch.zeros(2, 1, 1), torch.tensor([[0, 1, 2], [0, 0, 4]]))
    made = Output(
        None,
        sequence=torch.tensor([[0, 1, 2], [0, 0, 3]]),
        sequence_lengths=torch.tensor([3, 3]),
    )
    scores.update(made, batch)
    assert scores.compute() == pytest.approx(
        {"token_error_rate": 1 / 6, "sequence_error_rate": 0.5}
    )


def test_what_follows_the_end_does_not_count() -> None:
    scores = SequenceScores(ENDED)
    batch = Batch(torch.zeros(1, 1, 1), torch.tensor([[2, 0, 3, 3]]))
    scores.update(Output(None, sequence=torch.tensor([[2, 0, 4]])), batch)
    assert scores.compute() == {"token_error_rate": 0, "sequence_error_rate": 0}


def test_loss_counts_valid_targets_and_their_end() -> None:
    values, target = torch.randn(2, 3, 5), torch.tensor([[2, 3, 0], [0, -5, -5]])
    scores = SequenceScores(ENDED)
    lengths = torch.tensor([3, 1])
    scores.update(Output(values), Batch(torch.zeros(2, 1, 1), target, target_lengths=lengths))
    log_p = values.log_softmax(2).numpy()
    picked = [log_p[0, 0, 2], log_p[0, 1, 3], log_p[0, 2, 0], log_p[1, 0, 0]]
    assert scores.compute() == {"loss": pytest.approx(-np.mean(picked), rel=1e-5)}


def test_reset_forgets() -> None:
    scores = SequenceScores(ENDED)
    assert scores.compute() == {}
    batch = Batch(torch.zeros(1, 1, 1), torch.tensor([[2, 0]]))
    scores.update(Output(torch.zeros(1, 2, 5), sequence=torch.tensor([[3, 0]])), batch)
    assert set(scores.compute()) == {"loss", "token_error_rate", "sequence_error_rate"}
    scores.reset()
    assert scores.compute() == {}


def test_to_answer_unknown_is_never_right() -> None:
    words = Vocabulary((END, UNKNOWN, "a"))
    scores = SequenceScores(DataSpec(INPUT, Field("tokens", 3, sequence=True, vocabulary=words)))
    target = torch.tensor([[2, 1, 0], [2, 2, 0]])
    scores.update(Output(None, sequence=target), Batch(torch.zeros(2, 1), target))
    assert scores.compute() == {"token_error_rate": 0.25, "sequence_error_rate": 0.5}
