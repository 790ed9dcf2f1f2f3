from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score

from rnnlab.data.batch import UNCOUNTED, Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.models.output import Output
from rnnlab.tasks.categorical_scores import CategoricalScores

REALS = Field("reals", 2, sequence=True)


def spec_of(classes: int, *, sequence: bool = False, next_step: bool = False) -> DataSpec:
    target = Field("tokens", classes, sequence=sequence, tokenizer="characters")
    return DataSpec(REALS, target, aligned=sequence, next_step=next_step)


def cross_entropy(logits: np.ndarray, target: np.ndarray) -> np.ndarray:
    probabilities = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    return -np.log(probabilities[np.arange(len(target)), target])


def test_against_numpy_over_unequal_batches() -> None:
    logits, target = torch.randn(11, 4), torch.randint(3, (11,))  # class 3 is never a target
    scores = CategoricalScores(spec_of(4))
    for part in (slice(0, 7), slice(7, 11)):
        scores.update(Output(logits[part]), Batch(torch.zeros(11, 1, 2)[part], target[part]))
    answers = logits.numpy().argmax(1)
    expected = {
        "loss": cross_entropy(logits.numpy(), target.numpy()).mean(),
        "accuracy": (answers == target.numpy()).mean(),
        "macro_f1": f1_score(target.numpy(), answers, average="macro", zero_division=0),
    }
    assert scores.compute() == pytest.approx(expected, rel=1e-5)


def test_aligned_steps_count_up_to_their_lengths() -> None:
    logits, target = torch.randn(3, 4, 5), torch.randint(5, (3, 4))
    lengths = torch.tensor([4, 2, 0])
    scores = CategoricalScores(spec_of(5, sequence=True))
    target[1, 2:] = -1
    scores.update(Output(logits), Batch(torch.zeros(3, 4, 2), target, lengths))
    rows = np.concatenate([logits[0].numpy(), logits[1, :2].numpy()])
    flat = np.concatenate([target[0].numpy(), target[1, :2].numpy()])
    computed = scores.compute()
    assert computed["loss"] == pytest.approx(cross_entropy(rows, flat).mean(), rel=1e-5)
    assert computed["accuracy"] == pytest.approx((rows.argmax(1) == flat).mean())


def test_models_of_the_next_step_get_perplexity_and_bits() -> None:
    logits, target = torch.randn(2, 3, 5), torch.randint(5, (2, 3))
    scores = CategoricalScores(spec_of(5, sequence=True, next_step=True))
    scores.update(Output(logits), Batch(torch.zeros(2, 3, 2), target))
    nats = cross_entropy(logits.reshape(-1, 5).numpy(), target.flatten().numpy()).mean()
    computed = scores.compute()
    assert computed["perplexity"] == pytest.approx(np.exp(nats), rel=1e-5)
    assert computed["bits_per_character"] == pytest.approx(nats / np.log(2), rel=1e-5)
    assert "macro_f1" not in computed


def test_uniform_answers_have_the_perplexity_of_the_vocabulary() -> None:
    scores = CategoricalScores(spec_of(7, sequence=True, next_step=True))
    scores.update(
        Output(torch.zeros(1, 3, 7)), Batch(torch.zeros(1, 3, 2), torch.zeros(1, 3).long())
    )
    assert scores.compute()["perplexity"] == pytest.approx(7, rel=1e-5)


def test_nothing_fed_nothing_said() -> None:
    scores = CategoricalScores(spec_of(3, sequence=True))
    batch = Batch(torch.zeros(2, 3, 2), torch.zeros(2, 3).long(), torch.tensor([0, 0]))
    scores.update(Output(torch.zeros(2, 3, 3)), batch)
    scores.update(Output(None, sequence=torch.zeros(2, 3).long()), batch)
    assert scores.compute() == {}


def test_reset_forgets() -> None:
    scores = CategoricalScores(spec_of(3))
    batch = Batch(torch.zeros(2, 1, 2), torch.tensor([0, 1]))
    scores.update(Output(torch.eye(3)[:2] * 9), batch)
    assert scores.compute()["accuracy"] == 1
    scores.reset()
    assert scores.compute() == {}


def test_one_class_is_no_error() -> None:
    scores = CategoricalScores(spec_of(1))
    scores.update(Output(torch.zeros(2, 1)), Batch(torch.zeros(2, 1, 2), torch.zeros(2).long()))
    assert scores.compute() == {"loss": 0, "accuracy": 1, "macro_f1": 1}


def test_loss_that_is_not_a_number_shows() -> None:
    scores = CategoricalScores(spec_of(3))
    scores.update(
        Output(torch.full((2, 3), torch.nan)), Batch(torch.zeros(2, 1, 2), torch.zeros(2).long())
    )
    assert np.isnan(scores.compute()["loss"])


def test_steps_that_are_not_counted_change_no_score() -> None:
    logits, target = torch.randn(3, 4, 5), torch.randint(5, (3, 4))
    target[0, 1:] = target[2, 0] = UNCOUNTED
    lengths = torch.tensor([4, 4, 2])
    scores = CategoricalScores(spec_of(5, sequence=True))
    scores.update(Output(logits), Batch(torch.zeros(3, 4, 2), target, lengths))
    rows = np.concatenate([logits[0, :1].numpy(), logits[1].numpy(), logits[2, 1:2].numpy()])
    flat = np.concatenate([target[0, :1].numpy(), target[1].numpy(), target[2, 1:2].numpy()])
    expected = {
        "loss": cross_entropy(rows, flat).mean(),
        "accuracy": (rows.argmax(1) == flat).mean(),
        "macro_f1": f1_score(flat, rows.argmax(1), average="macro", zero_division=0),
    }
    assert scores.compute() == pytest.approx(expected, rel=1e-5)


def test_a_batch_in_which_nothing_counts_is_no_update() -> None:
    scores = CategoricalScores(spec_of(5, sequence=True))
    target = torch.full((3, 4), UNCOUNTED)
    scores.update(Output(torch.randn(3, 4, 5)), Batch(torch.zeros(3, 4, 2), target))
    assert scores.compute() == {}
