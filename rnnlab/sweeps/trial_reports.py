"""What a run that trains tells the study of its search, and asks of it."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from pathlib import Path

import optuna
from optuna.samplers import RandomSampler
from optuna.trial import Trial

from rnnlab.errors import RnnlabError, one_line
from rnnlab.sweeps.pruner import Pruner
from rnnlab.sweeps.study_storage import close_storage, open_storage, storage_errors
from rnnlab.sweeps.trial_ticket import TrialTicket
from rnnlab.tracking.uri import redacted

_ASK_AGAIN = 30.0  # seconds after which a storage that was away is tried again

_log = logging.getLogger(__name__)


class TrialReports:
    """Reports the objective of one trial after each validation, and says when to give it up.

    A storage that is away costs a warning: the training goes on without.

    Args:
        ticket: Which trial.
        pruner: By which rule trials are given up.
        sweep_folder: The folder of the sweep.
    """

    def __init__(self, ticket: TrialTicket, pruner: Pruner, sweep_folder: Path) -> None:
        self._ticket, self._pruner, self._sweep_folder = ticket, pruner, sweep_folder
        self._trial: Trial | None = None
        self._warned, self._not_before = False, 0.0

    def __call__(self, epochs: int, value: float, last: bool) -> str | None:
        """Report a score, and return why the trial is to be given up; None where it goes on.

        Args:
            epochs: How many epochs are trained.
            value: The objective after them.
            last: Whether the training is over anyway: it is reported and not judged.
        """
        if time.monotonic() < self._not_before:
            return None
        try:
            with storage_errors(redacted(self._ticket.storage or "the study")):
                return self._judged(epochs, value, last)
        except Exception as error:
            # A study that another program has spoiled, a driver that raises what it likes: nothing
            # of it is a reason to end a training.
            self._not_before = time.monotonic() + _ASK_AGAIN
            self._leave()
            if not self._warned:
                self._warned = True
                said = str(error) if isinstance(error, RnnlabError) else repr(error)
                _log.warning("the run is not pruned while its study is away: %s", one_line(said))
            return None

    def _judged(self, epochs: int, value: float, last: bool) -> str | None:
        if self._trial is None:
            self._trial = self._opened()
        known = self._trial.storage.get_trial(self._trial._trial_id).intermediate_values
        if epochs not in known:  # else an attempt before this one has reported it
            self._trial.report(value, epochs)
        if last or any(step > epochs for step in known):
            return None
        return self._pruner.judge(self._trial, self._ticket.objective)

    def _leave(self) -> None:
        trial, self._trial = self._trial, None
        if trial is not None:
            with suppress(Exception):  # of a storage that is away nothing is left to close
                close_storage(trial.storage)

    def _opened(self) -> Trial:
        ticket = self._ticket
        storage = open_storage(ticket.storage, self._sweep_folder)
        # The driver samples; whatever sampler stands here is never asked.
        study = optuna.load_study(
            study_name=ticket.study,
            storage=storage,
            sampler=RandomSampler(),
            pruner=self._pruner.made(),
        )
        of = storage.get_study_id_from_name(ticket.study)
        return Trial(study, storage.get_trial_id_from_study_id_trial_number(of, ticket.trial))
