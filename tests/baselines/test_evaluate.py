"""The baselines of datasets, recomputed here without the code under test."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from rnnlab.baselines.evaluate import dataset_baselines, evaluate_baselines
from rnnlab.data.batch import Batch
from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.datasets.adding import Adding
from rnnlab.data.datasets.anbn import AnBn
from rnnlab.data.datasets.characters import Characters
from rnnlab.data.datasets.copy_memory import CopyMemory
from rnnlab.data.datasets.dyck import Dyck
from rnnlab.data.datasets.mackey_glass import MackeyGlass
from rnnlab.data.datasets.parity import Parity
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import StreamSplit, TensorSplit
from rnnlab.models.output import Output
from rnnlab.tasks.many_to_one import ManyToOne
from rnnlab.tasks.synced_many_to_many import SyncedManyToMany

Arrays = Callable[..., tuple[np.ndarray, np.ndarray, Any]]


def pairs(arrays: Arrays, dataset: Dataset, part: Part) -> list[tuple[int, int]]:
    """All valid steps: input and target."""
    inputs, targets, lengths = arrays(dataset, part)
    steps = [inputs.shape[1]] * len(inputs) if lengths is None else lengths.tolist()
    return [
        (int(inputs[row, t]), int(targets[row, t]))
        for row, length in enumerate(steps)
        for t in range(length)
    ]


def conditional(
    train: Sequence[tuple[int, int]], test: Sequence[tuple[int, int]], classes: int
) -> tuple[float, float]:
    """Loss and accuracy of the smoothed frequencies of the second beside the first."""
    together, beside = Counter(train), Counter(first for first, _ in train)
    of_class = Counter(second for _, second in train)
    loss, right = 0.0, 0
    for (symbol, target), count in Counter(test).items():
        chances = [
            (together[symbol, k] + (of_class[k] + 1) / (len(train) + classes))
            / (beside[symbol] + 1)
            for k in range(classes)
        ]
        loss -= count * math.log(chances[target])
        right += count * (target == int(np.argmax(chances)))
    return loss / len(test), right / len(test)


def test_adding_is_answered_by_the_mean(arrays: Arrays) -> None:
    dataset = Adding(10, train_size=500, val_size=10, test_size=300)
    (_, train, _), (_, test, _) = arrays(dataset, "train"), arrays(dataset, "test")
    errors = test - train.mean()

    scores = evaluate_baselines(dataset, ManyToOne(), batch_size=64)

    assert scores == {
        "mean": {
            "loss": pytest.approx((errors**2).mean(), rel=1e-5),
            "mae": pytest.approx(np.abs(errors).mean(), rel=1e-5),
            "rmse": pytest.approx(math.sqrt((errors**2).mean()), rel=1e-5),
        }
    }
    assert scores["mean"]["loss"] == pytest.approx(1 / 6, rel=0.2)


@pytest.mark.parametrize("delay", [1, 30, 100])
def test_copy_memory_has_its_closed_form(arrays: Arrays, delay: int) -> None:
    dataset = CopyMemory(delay, train_size=100, val_size=10, test_size=600)
    _, target, _ = arrays(dataset, "test")

    scores = evaluate_baselines(dataset, SyncedManyToMany())["blank_then_uniform"]

    assert scores["loss"] == pytest.approx(10 * math.log(8) / (delay + 20), rel=1e-5)
    # Of equal chances the first is taken: the symbol 0.
    recalled = (target[:, -10:] == 0).mean()
    expected = (delay + 10 + 10 * recalled) / (delay + 20)
    assert scores["accuracy"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "dataset",
    [
        Parity(9, train_size=300, val_size=10, test_size=270),
        Dyck(3, 3, 2, 14, train_size=300, val_size=10, test_size=270),
        AnBn(5, 7, 9, train_size=50),
    ],
    ids=lambda dataset: type(dataset).__name__,
)
def test_the_present_symbol_alone(arrays: Arrays, dataset: Dataset) -> None:
    loss, accuracy = conditional(
        pairs(arrays, dataset, "train"), pairs(arrays, dataset, "test"), dataset.spec.target.size
    )

    scores = evaluate_baselines(dataset, SyncedManyToMany())["memoryless"]

    assert scores["loss"] == pytest.approx(loss, rel=1e-4)
    assert scores["accuracy"] == pytest.approx(accuracy, rel=1e-6)


def test_the_documented_optima_without_a_memory(arrays: Arrays) -> None:
    steps = 8
    parity = Parity(steps, train_size=20_000, val_size=1, test_size=20_000)
    dyck = Dyck(4, train_size=4_000, val_size=1, test_size=4_000)
    words = AnBn(20, 30, 40)
    brackets, closes = np.array(pairs(arrays, dyck, "test")).T
    closing = brackets >= 4
    none = (closes[closing] == 0).mean()
    entropy = -none * math.log(none) - (1 - none) * math.log(1 - none)
    optimum = closing.mean() * (entropy + (1 - none) * math.log(4))

    def scores(dataset: Dataset) -> dict[str, float]:
        return evaluate_baselines(dataset, SyncedManyToMany())["memoryless"]

    assert scores(parity)["accuracy"] == pytest.approx(0.5 + 0.5 / steps, abs=0.01)
    assert scores(dyck)["loss"] == pytest.approx(optimum, rel=0.01)
    assert scores(words)["accuracy"] == pytest.approx(1 - 10 / sum(2 * n for n in range(31, 41)))


def test_parity_of_the_whole_has_a_majority(arrays: Arrays) -> None:
    dataset = Parity(5, "last", train_size=101, val_size=1, test_size=300)
    (_, train, _), (_, test, _) = arrays(dataset, "train"), arrays(dataset, "test")
    frequencies = (np.bincount(train) + 1) / 103

    scores = evaluate_baselines(dataset, ManyToOne())["majority"]

    assert scores["loss"] == pytest.approx(-np.log(frequencies[test]).mean(), rel=1e-5)
    assert scores["accuracy"] == pytest.approx((test == frequencies.argmax()).mean())


def test_mackey_glass_stays_as_it_is(arrays: Arrays) -> None:
    dataset = MackeyGlass(length=1000, window=30, horizon=4)
    (_, train, _), (inputs, targets, _) = arrays(dataset, "train"), arrays(dataset, "test")

    scores = evaluate_baselines(dataset, SyncedManyToMany())

    assert scores["persistence"]["loss"] == pytest.approx(
        ((inputs - targets) ** 2).mean(), rel=1e-4
    )
    assert scores["mean"]["loss"] == pytest.approx(((targets - train.mean()) ** 2).mean(), rel=1e-4)


@pytest.mark.parametrize("batch_size", [1, 16])
def test_characters_by_unigram_and_bigram(batch_size: int) -> None:
    dataset = Characters()
    train, test = dataset.split("train"), dataset.split("test")
    assert isinstance(train, StreamSplit)
    assert isinstance(test, StreamSplit)
    classes = dataset.spec.target.size
    seen = list(zip(train.input.tolist(), train.target.tolist(), strict=True))
    track = len(test) // batch_size * batch_size  # what B tracks of equal length read
    asked = list(zip(test.input[:track].tolist(), test.target[:track].tolist(), strict=True))
    counts = np.bincount([target for _, target in seen], minlength=classes) + 1
    unigram = -np.log(counts / counts.sum())[[target for _, target in asked]].mean()
    bigram, accuracy = conditional(seen, asked, classes)

    scores = evaluate_baselines(dataset, SyncedManyToMany(), batch_size)

    assert scores["unigram"]["loss"] == pytest.approx(unigram, rel=1e-4)
    assert scores["bigram"]["loss"] == pytest.approx(bigram, rel=1e-4)
    assert scores["bigram"]["accuracy"] == pytest.approx(accuracy)
    assert scores["bigram"]["bits_per_character"] == pytest.approx(bigram / math.log(2), rel=1e-4)


class Always:
    """A stranger's baseline: an object with the interface."""

    name = "always_two"

    def fit(self, dataset: Dataset) -> None:
        self.fitted = dataset

    def output(self, batch: Batch) -> Output:
        assert self.fitted is not None
        return Output(torch.full((len(batch), 1), 2.0))


def test_objects_with_the_interface_are_taken_as_they_are(arrays: Arrays) -> None:
    dataset = Adding(5, train_size=10, val_size=1, test_size=20)
    dataset.baselines = (Always(), "mean")  # type: ignore[assignment]
    _, test, _ = arrays(dataset, "test")

    scores = evaluate_baselines(dataset, ManyToOne())

    assert list(scores) == ["always_two", "mean"]
    assert scores["always_two"]["loss"] == pytest.approx(((test - 2) ** 2).mean(), rel=1e-5)


def test_without_names_the_kind_of_the_target_chooses(given: Any) -> None:
    split = TensorSplit(torch.randn(9, 4, 1), torch.arange(9) % 2)
    spec = DataSpec(Field("reals", 1, sequence=True), Field("tokens", 2, sequence=False))
    dataset = given(spec, split, split)

    assert [baseline.name for baseline in dataset_baselines(dataset)] == ["majority"]
    scores = evaluate_baselines(dataset, ManyToOne())
    assert scores["majority"]["accuracy"] == pytest.approx(5 / 9)
    assert set(dataset.asked_for) == {"train", "test"}
