"""Which trials of a search are given up while they train, and why in words.

A step of a trial is the number of epochs that it has trained, from 1: whoever says that three
epochs are free of any judgement means these.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import isnan, nan
from statistics import median
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from optuna.pruners import BasePruner
    from optuna.study import Study
    from optuna.trial import FrozenTrial, Trial

Rule = Literal["median", "hyperband"]
REDUCTION = 3
"""Of each three trials that come to a rung of Hyperband, one goes on."""


@dataclass(frozen=True)
class Pruner:
    """A rule by which trials are given up.

    Args:
        rule: ``median``: whose best score so far is worse than the median that the finished trials
            had after as many epochs. ``hyperband``: Hyperband, Li et al. 2018 (JMLR 18:185), each
            of its brackets halved asynchronously, Li et al. 2020 (arXiv:1810.05934).
        warmup: Epochs before the first judgement, at least 1.
        startup: Finished trials before the first judgement; for ``median``.
        epochs: Epochs of a whole trial; for ``hyperband``, whose number of brackets they decide.
    """

    rule: Rule
    warmup: int
    startup: int
    epochs: int

    def made(self) -> BasePruner:
        """Return Optuna's pruner of this kind."""
        from optuna.pruners import HyperbandPruner, MedianPruner

        if self.rule == "median":
            return MedianPruner(n_startup_trials=self.startup, n_warmup_steps=self.warmup)
        return HyperbandPruner(
            min_resource=self.warmup, max_resource=self.epochs, reduction_factor=REDUCTION
        )

    def judge(self, trial: Trial, objective: str) -> str | None:
        """Return why a trial is to be given up after its last report; None where it goes on.

        Args:
            trial: Of a study whose pruner is :meth:`made`.
            objective: What is judged, such as ``val/loss``.
        """
        with warnings.catch_warnings():
            # Of a trial that has never measured anything; Optuna gives it up.
            warnings.filterwarnings("ignore", message="All-NaN slice encountered")
            if not trial.should_prune():
                return None
        found = trial.storage.get_trial(trial._trial_id)
        return self._cause(trial.study, found, objective)

    def _cause(self, study: Study, trial: FrozenTrial, objective: str) -> str:
        from optuna.study import StudyDirection
        from optuna.trial import TrialState

        epochs = max(trial.intermediate_values)
        values = [value for value in trial.intermediate_values.values() if not isnan(value)]
        after = f"pruned after {epochs} {'epoch' if epochs == 1 else 'epochs'}"
        if not values or (self.rule == "hyperband" and isnan(trial.intermediate_values[epochs])):
            return f"{after}: {objective} is not a number"
        if self.rule == "hyperband":
            value = f"{objective} {trial.intermediate_values[epochs]:.4g}"
            return f"{after}: {value} is not among the best third of its Hyperband bracket"
        best = max(values) if study.direction == StudyDirection.MAXIMIZE else min(values)
        finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        then = [other.intermediate_values.get(epochs, nan) for other in finished]
        others = [value for value in then if not isnan(value)]
        so_far = "" if best == trial.intermediate_values[epochs] else ", the best so far,"
        return (
            f"{after}: {objective} {best:.4g}{so_far} is worse than the median "
            f"{median(others):.4g} of {len(others)} {'trial' if len(others) == 1 else 'trials'}"
        )
