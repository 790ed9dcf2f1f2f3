import numpy as np
import pytest
import torch

from rnnlab.baselines.classifier import FLOOR, LinearClassifier


def test_the_fit_is_a_stationary_point_of_the_penalised_likelihood() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 3))
    labels = torch.from_numpy((features[:, 0] + rng.normal(size=60) > 0).astype(np.int64)) + 1
    classifier = LinearClassifier(3, standardize=False)
    classifier.fit(features, labels)

    values = classifier.log_probabilities(features)
    # The log-odds are linear: weights and bias follow from them, and with them the gradient.
    design = np.hstack([features, np.ones((60, 1))])
    odds = (values[:, 2] - values[:, 1]).double().numpy()
    weights = np.linalg.lstsq(design, odds, rcond=None)[0]
    residual = 1 / (1 + np.exp(-design @ weights)) - (labels.numpy() == 2)

    assert design @ weights == pytest.approx(odds, abs=1e-5)
    assert features.T @ residual + weights[:3] == pytest.approx(np.zeros(3), abs=0.02)
    assert residual.sum() == pytest.approx(0, abs=0.02)


def test_unseen_classes_and_certainty_have_the_floor() -> None:
    features = np.array([[-1.0], [1.0]] * 20)
    labels = torch.tensor([0, 3] * 20)
    classifier = LinearClassifier(5, standardize=True)
    classifier.fit(features, labels)

    values = classifier.log_probabilities(np.array([[-1e9], [1e9]]))

    assert values.shape == (2, 5)
    assert values.isfinite().all()
    assert values.argmax(1).tolist() == [0, 3]
    assert values[:, [1, 2, 4]].flatten().tolist() == pytest.approx([FLOOR] * 6)
    assert values[0, 3].item() == pytest.approx(FLOOR)


def test_standardizing_makes_units_irrelevant() -> None:
    rng = np.random.default_rng(1)
    features, labels = rng.normal(size=(50, 2)), torch.from_numpy(rng.integers(0, 3, 50))
    answers = []
    for scale in (1.0, 1e3):
        classifier = LinearClassifier(3, standardize=True)
        classifier.fit(features * scale + 7, labels)
        answers.append(classifier.log_probabilities(features * scale + 7))

    torch.testing.assert_close(answers[0], answers[1], atol=1e-4, rtol=1e-4)


def test_a_single_class_is_answered_always() -> None:
    classifier = LinearClassifier(3, standardize=True)
    classifier.fit(np.zeros((4, 2)), torch.full((4,), 1))

    assert classifier.log_probabilities(np.ones((2, 2))).argmax(1).tolist() == [1, 1]
    assert classifier.log_probabilities(np.ones((0, 2))).shape == (0, 3)
