"""As it was a season ago."""

from __future__ import annotations

import torch

from rnnlab.data.batch import Batch
from rnnlab.data.dataset import Dataset
from rnnlab.data.own_past import last_step, own_past, own_past_refusal
from rnnlab.errors import ConfigError
from rnnlab.models.output import Output
from rnnlab.tasks.steps import target_of


class SeasonalNaive:
    """Answers with the last known value of the same season.

    For the target h steps ahead that is the value ``ceil(h / S)`` seasons before it, S being the
    dataset's ``season_length`` (Hyndman and Athanasopoulos, Forecasting: Principles and Practice,
    3rd edition, section 5.2). The first D features of the input are taken to be the past of the D
    features of the target.
    """

    name = "seasonal_naive"

    def fit(self, dataset: Dataset) -> None:
        """Look at the spec and the season; there is nothing to learn.

        Raises:
            ConfigError: The input cannot be the past of the target, or no season is known.
        """
        reason = own_past_refusal(dataset.spec)
        if reason is not None:
            raise ConfigError(reason, key="baseline", value=self.name)
        if dataset.season_length is None or dataset.spec.aligned:
            raise ConfigError(
                "needs the length of a season and the values after a window of it",
                key="baseline",
                value=self.name,
            )
        self._spec, self._season = dataset.spec, dataset.season_length

    def output(self, batch: Batch) -> Output:
        """Return values, ``(B, D)`` or ``(B, L, D)``, scaled as the target is.

        Raises:
            ConfigError: An input is shorter than a season.
        """
        past = own_past(batch, self._spec)
        steps = target_of(batch).shape[1] if self._spec.target.sequence else 1
        in_season = torch.arange(steps, device=past.device) % self._season
        index = last_step(batch)[:, None] + 1 - self._season + in_season  # (B, L)
        if int(index.min()) < 0:
            raise ConfigError(
                f"needs inputs of at least a season, {self._season} steps",
                key="baseline",
                value=self.name,
            )
        values = past.gather(1, index[..., None].expand(-1, -1, past.shape[-1]))
        if not self._spec.target.sequence:
            return Output(values[:, 0])
        return Output(values, sequence=values, sequence_lengths=batch.target_lengths)
