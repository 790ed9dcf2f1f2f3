"""Nothing changes."""

from __future__ import annotations

from rnnlab.data.batch import Batch
from rnnlab.data.dataset import Dataset
from rnnlab.data.own_past import last_of, own_past, own_past_refusal
from rnnlab.errors import ConfigError
from rnnlab.models.output import Output
from rnnlab.tasks.steps import target_of


class Persistence:
    """Answers with the present value: at each step, or the last one for all steps to come.

    The first D features of the input are taken to be the past of the D features of the target.
    """

    name = "persistence"

    def fit(self, dataset: Dataset) -> None:
        """Look at the spec; there is nothing to learn.

        Raises:
            ConfigError: The input cannot be the past of the target.
        """
        reason = own_past_refusal(dataset.spec)
        if reason is not None:
            raise ConfigError(reason, key="baseline", value=self.name)
        self._spec = dataset.spec

    def output(self, batch: Batch) -> Output:
        """Return values, ``(B, D)`` or ``(B, L, D)``, scaled as the target is."""
        past = own_past(batch, self._spec)
        if self._spec.aligned:
            return Output(past)
        last = last_of(past, batch)  # (B, 1, D)
        if not self._spec.target.sequence:
            return Output(last[:, 0])
        values = last.expand(-1, target_of(batch).shape[1], -1)
        return Output(values, sequence=values, sequence_lengths=batch.target_lengths)
