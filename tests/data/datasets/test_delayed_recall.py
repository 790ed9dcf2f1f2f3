from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from rnnlab.baselines.evaluate import evaluate_baselines
from rnnlab.data.batch import UNCOUNTED
from rnnlab.data.dataset import Part
from rnnlab.data.datasets.delayed_recall import DelayedRecall
from rnnlab.data.generation import PARTS
from rnnlab.data.split import TensorSplit
from rnnlab.models.output import Output
from rnnlab.tasks.losses import target_loss
from rnnlab.tasks.synced_many_to_many import SyncedManyToMany
from rnnlab.testing import DatasetContract
from rnnlab.training.tbptt import chunks


def part(dataset: DelayedRecall, name: Part) -> TensorSplit:
    split = dataset.split(name)
    assert isinstance(split, TensorSplit)
    return split


@pytest.mark.parametrize(("steps", "symbols", "distractors"), [(3, 2, 2), (10, 8, 8), (60, 4, 5)])
def test_the_layout_step_by_step(steps: int, symbols: int, distractors: int) -> None:
    dataset = DelayedRecall(steps, symbols, distractors, train_size=40, val_size=3, test_size=4)

    for name, size in zip(PARTS, (40, 3, 4), strict=True):
        split = part(dataset, name)
        assert len(split) == size
        for row, target in zip(split.input.tolist(), split.target.tolist(), strict=True):
            assert len(row) == steps
            assert row[0] in range(symbols)
            assert set(row[1:-1]) <= set(range(symbols, symbols + distractors))
            assert row[-1] == symbols + distractors
            assert target == [UNCOUNTED] * (steps - 1) + [row[0]]


def test_the_vocabularies_name_symbols_distractors_and_signal() -> None:
    spec = DelayedRecall(5, 3, 2, train_size=2, val_size=2, test_size=2).spec

    assert spec.aligned
    assert spec.input.vocabulary is not None
    assert spec.input.vocabulary.tokens == ("1", "2", "3", "d1", "d2", "<recall>")
    assert spec.target.vocabulary is not None
    assert spec.target.vocabulary.tokens == ("1", "2", "3")


def test_no_symbol_is_more_frequent_than_another() -> None:
    dataset = DelayedRecall(5, 7, train_size=700, val_size=20, test_size=70)

    for name in PARTS:
        counts = part(dataset, name).input[:, 0].bincount(minlength=7)
        assert counts.max() - counts.min() <= 1


def test_distractors_are_uniform_at_every_step_and_say_nothing_of_the_symbol() -> None:
    inputs = part(DelayedRecall(4, 2, 4, train_size=40_000), "train").input

    for step in (1, 2):
        pairs = (inputs[:, 0] * 4 + inputs[:, step] - 2).bincount(minlength=8)
        standard_error = math.sqrt(40_000 * 1 / 8 * 7 / 8)
        assert (pairs - 5000).abs().max() < 5 * standard_error


@pytest.mark.parametrize("symbols", [2, 8, 10])
def test_the_baseline_is_the_closed_form(symbols: int) -> None:
    sizes = {"train_size": 12 * symbols, "val_size": 1, "test_size": 6 * symbols}
    dataset = DelayedRecall(20, symbols, **sizes)

    (scores,) = evaluate_baselines(dataset, SyncedManyToMany()).values()

    assert scores["accuracy"] == pytest.approx(1 / symbols, rel=1e-6)
    assert scores["loss"] == pytest.approx(math.log(symbols), rel=1e-6)


def test_the_loss_is_that_of_the_answer_alone() -> None:
    dataset = DelayedRecall(30, 4, train_size=6, val_size=1, test_size=1)
    batch = part(dataset, "train").batch(torch.arange(6))
    values = torch.randn(6, 30, 4, dtype=torch.float64, requires_grad=True)
    assert batch.target is not None

    loss = target_loss(values, batch.target)
    loss.mean.backward()

    expected = torch.nn.functional.cross_entropy(values[:, -1], batch.input[:, 0])
    assert loss.mean.item() == pytest.approx(expected.item(), rel=1e-12)
    assert int(loss.count) == 6
    assert values.grad is not None
    assert not values.grad[:, :-1].any()
    assert values.grad[:, -1].abs().min() > 0


def test_of_truncated_chunks_the_last_alone_has_a_loss() -> None:
    dataset = DelayedRecall(30, 4, train_size=6, val_size=1, test_size=1)
    task = SyncedManyToMany()

    counts = [
        int(task.loss(Output(torch.randn(6, chunk.input.shape[1], 4)), chunk).count)
        for chunk in chunks(part(dataset, "train").batch(torch.arange(6)), 10)
    ]

    assert counts == [0, 0, 6]


def test_split_seed_decides_the_data_and_its_hash() -> None:
    first, again, other = (DelayedRecall(9, train_size=50, split_seed=seed) for seed in (1, 1, 2))

    assert first.sha256() == again.sha256() != other.sha256()
    assert not torch.equal(part(first, "train").input, part(other, "train").input)


class TestDelayedRecall(DatasetContract):
    def make_dataset(self, **arguments: Any) -> DelayedRecall:
        sizes = {"train_size": 9, "val_size": 5, "test_size": 5}
        return DelayedRecall(**{"steps": 30, **sizes, **arguments})
