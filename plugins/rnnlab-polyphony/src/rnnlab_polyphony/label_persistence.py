"""Every label as the step before has it, if not for certain."""

from __future__ import annotations

import torch

from rnnlab.baselines.training import training_batches, valid_targets
from rnnlab.data.batch import Batch
from rnnlab.data.dataset import Dataset
from rnnlab.data.own_past import own_past, own_past_refusal
from rnnlab.errors import ConfigError
from rnnlab.tasks.steps import valid_rows
from rnnlab_polyphony.bernoulli import Probabilities


class LabelPersistence:
    """Answers with how often a label followed itself, or followed its absence, in training.

    For each label ``p(on | was) = (count(on, was) + p(on)) / (count(was) + 1)``, ``p(on)`` being
    its Laplace-smoothed frequency: the persistence of a forecaster, made a probability.
    """

    name = "label_persistence"

    def __repr__(self) -> str:
        return "LabelPersistence()"

    def fit(self, dataset: Dataset) -> None:
        """Count what followed what in the training part.

        Raises:
            ConfigError: The input is not the past of the target.
        """
        self._spec = spec = dataset.spec
        reason = own_past_refusal(spec)
        if reason is not None or not spec.aligned:
            why = reason or "needs a target for each step of its past"
            raise ConfigError(why, key="baseline", value=self.name)
        followed = torch.zeros(2, spec.target.size, dtype=torch.float64)
        seen = torch.zeros(2, spec.target.size, dtype=torch.float64)
        for batch in training_batches(dataset):
            before = valid_rows(own_past(batch, spec), batch.lengths, stepwise=True) > 0.5  # (N, K)
            targets = valid_targets(batch, spec).double()
            for was in (0, 1):
                seen[was] += (before == was).sum(0)
                followed[was] += (targets * (before == was)).sum(0)
        usual = (followed.sum(0) + 1) / (seen.sum(0) + 2)
        self._chances = ((followed + usual) / (seen + 1)).float()  # (2, K)

    def output(self, batch: Batch) -> Probabilities:
        """Return probabilities ``(B, T, K)``."""
        before = own_past(batch, self._spec) > 0.5
        return Probabilities(torch.where(before, self._chances[1], self._chances[0]))
