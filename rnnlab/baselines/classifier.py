"""Logistic regression with log-probabilities for every class, seen in training or not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

FLOOR = math.log(1e-12)
"""No class is given a smaller log-probability, so that losses are finite."""


class LinearClassifier:
    """Multinomial logistic regression with an L2 penalty (scikit-learn's, C = 1).

    Args:
        classes: K; classes without training examples get the log-probability ``FLOOR``.
        standardize: Whether to scale each feature to mean 0 and deviation 1 first.
    """

    def __init__(self, classes: int, *, standardize: bool) -> None:
        self._classes = classes
        regression = LogisticRegression(max_iter=2_000)
        self._model = make_pipeline(StandardScaler(), regression) if standardize else regression

    def fit(self, features: Any, labels: Tensor) -> None:
        """Fit to features ``(N, F)``, an array or a sparse one, and labels ``(N,)`` int64."""
        self._seen = labels.unique()
        if len(self._seen) > 1:
            self._model.fit(features, labels.numpy())

    def log_probabilities(self, features: Any) -> Tensor:
        """Return log-probabilities ``(N, K)`` float32."""
        rows = features.shape[0]
        values = torch.full((rows, self._classes), FLOOR)
        if rows == 0:
            return values
        if len(self._seen) == 1:
            values[:, self._seen] = 0.0
            return values
        # An underflow to log 0 = -inf is what the floor is for.
        with np.errstate(divide="ignore"):
            found = torch.from_numpy(self._model.predict_log_proba(features))
        values[:, self._seen] = found.float().clamp(min=FLOOR)
        return values
