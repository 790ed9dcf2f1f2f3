"""The baselines of datasets that come in packages, recomputed without the code under test."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from rnnlab.baselines.evaluate import evaluate_baselines
from rnnlab.data.datasets.digits_image import DigitsImage
from rnnlab.data.datasets.digits_rows import DigitsRows
from rnnlab.data.datasets.digits_video import DigitsVideo
from rnnlab.data.datasets.japanese_vowels import JapaneseVowels
from rnnlab.data.datasets.series import Series
from rnnlab.data.datasets.tweets import Tweets
from rnnlab.data.generation import PARTS
from rnnlab.tasks.many_to_many import ManyToMany
from rnnlab.tasks.many_to_one import ManyToOne
from rnnlab.tasks.one_to_one import OneToOne
from rnnlab.tasks.synced_many_to_many import SyncedManyToMany

Arrays = Callable[..., tuple[np.ndarray, np.ndarray, Any]]


def by_counting(y: np.ndarray, y_test: np.ndarray, classes: int) -> dict[str, Any]:
    counts = np.bincount(y.ravel(), minlength=classes) + 1
    return {
        "accuracy": pytest.approx((y_test == counts.argmax()).mean()),
        "loss": pytest.approx(-np.log(counts / counts.sum())[y_test].mean(), rel=1e-5),
    }


def by_regression(chances: np.ndarray, y_test: np.ndarray) -> dict[str, Any]:
    of_target = chances[np.arange(len(y_test)), y_test].astype(np.float64)
    return {
        "accuracy": pytest.approx((chances.argmax(1) == y_test).mean(), abs=2e-4),
        "loss": pytest.approx(-np.log(of_target.clip(1e-12)).mean(), rel=1e-3),
    }


def without_f1(scores: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in scores.items() if name != "macro_f1"}


def standardized_regression(x: np.ndarray, y: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(max_iter=2000).fit(scaler.transform(x), y)
    return model.predict_proba(scaler.transform(x_test))


def test_digits_by_counting_and_by_logistic_regression(arrays: Arrays) -> None:
    dataset = DigitsRows()
    (x, y, _), (x_test, y_test, _) = arrays(dataset, "train"), arrays(dataset, "test")
    chances = standardized_regression(x.reshape(len(x), 64), y, x_test.reshape(len(x_test), 64))

    scores = evaluate_baselines(dataset, ManyToOne())

    assert without_f1(scores["majority"]) == by_counting(y, y_test, 10)
    assert without_f1(scores["logistic_regression"]) == by_regression(chances, y_test)
    assert evaluate_baselines(DigitsImage(), OneToOne())["majority"] == scores["majority"]


def test_frames_by_counting_and_one_by_one(arrays: Arrays) -> None:
    dataset = DigitsVideo(train_size=60, val_size=1, test_size=40)
    (x, y, _), (x_test, y_test, _) = arrays(dataset, "train"), arrays(dataset, "test")
    chances = standardized_regression(
        x.reshape(y.size, -1), y.ravel(), x_test.reshape(y_test.size, -1)
    )

    scores = evaluate_baselines(dataset, SyncedManyToMany())

    assert without_f1(scores["majority"]) == by_counting(y, y_test.ravel(), 11)
    frames = without_f1(scores["logistic_regression_per_step"])
    assert frames == by_regression(chances, y_test.ravel())


def test_vowels_by_counting(arrays: Arrays) -> None:
    dataset = JapaneseVowels()
    _, y, _ = arrays(dataset, "train")
    _, y_test, _ = arrays(dataset, "test")

    scores = evaluate_baselines(dataset, ManyToOne())

    assert without_f1(scores["majority"]) == by_counting(y, y_test, 9)


def test_tweets_by_counting_labels_and_words(arrays: Arrays) -> None:
    dataset = Tweets(vocabulary_size=100)
    (x, y, n), (x_test, y_test, n_test) = arrays(dataset, "train"), arrays(dataset, "test")

    def words(tokens: np.ndarray, lengths: np.ndarray) -> csr_array:
        counts = np.zeros((len(tokens), 100))
        for row, length in enumerate(lengths):
            np.add.at(counts[row], tokens[row, :length], 1)
        return csr_array(counts)

    model = LogisticRegression(max_iter=2000).fit(words(x, n), y)
    chances = model.predict_proba(words(x_test, n_test))

    scores = evaluate_baselines(dataset, ManyToOne())

    assert without_f1(scores["majority"]) == by_counting(y, y_test, 3)
    assert without_f1(scores["bag_of_words"]) == by_regression(chances, y_test)


@pytest.fixture
def passengers(arrays: Arrays) -> np.ndarray:
    """Airline passengers in thousands, 144 months."""
    dataset = Series("airline")
    scaler = dataset.spec.target.scaler
    assert scaler is not None
    pieces = [arrays(dataset, "train")[0][0], *(arrays(dataset, part)[1] for part in PARTS)]
    return np.concatenate(pieces)[:, 0].astype(np.float64) * scaler.std[0] + scaler.mean[0]


def test_airline_passengers_as_last_month_and_as_last_year(passengers: np.ndarray) -> None:
    dataset = Series("airline")
    train, test = passengers[: 144 - 44], np.arange(144 - 22, 144)

    scores = evaluate_baselines(dataset, ManyToOne())

    assert set(scores) == {"persistence", "seasonal_naive"}
    for name, back in (("persistence", 1), ("seasonal_naive", 12)):
        errors = passengers[test] - passengers[test - back]
        assert scores[name]["mae"] == pytest.approx(np.abs(errors).mean(), rel=1e-4)
        assert scores[name]["rmse"] == pytest.approx(math.sqrt((errors**2).mean()), rel=1e-4)
        assert scores[name]["loss"] == pytest.approx((errors**2).mean() / train.var(), rel=1e-4)


def test_eighteen_months_ahead_as_the_last_one_and_the_year_before(passengers: np.ndarray) -> None:
    dataset = Series("airline", window=12, horizon=18)
    # Targets of the test part begin at its first month, and end with the last one of the series.
    starts = np.arange(144 - 22, 144 - 18 + 1)
    ahead = np.arange(18)

    scores = evaluate_baselines(dataset, ManyToMany())

    truth = passengers[starts[:, None] + ahead]
    answers = {
        "persistence": passengers[starts[:, None] - 1 + 0 * ahead],
        "seasonal_naive": passengers[starts[:, None] - 12 + ahead % 12],
    }
    assert set(scores) == set(answers)
    for name, answer in answers.items():
        error = truth - answer
        assert scores[name]["mae"] == pytest.approx(np.abs(error).mean(), rel=1e-4)
        assert scores[name]["rmse"] == pytest.approx(math.sqrt((error**2).mean()), rel=1e-4)
        in_scale = (error**2).mean() / passengers[: 144 - 44].var()
        assert scores[name]["loss"] == pytest.approx(in_scale, rel=1e-4)
