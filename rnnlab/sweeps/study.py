"""The study of a search: which settings were tried, and what came of them.

    <sweep>/study.json       its name, and where it is kept
    <sweep>/study.journal    the study itself, unless ``sweep.storage`` names a database

Several drivers share a study. Whoever asks for a setting holds a lock in the sweep's folder, so
that together they try as many as one alone would.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import optuna
from filelock import FileLock
from optuna.distributions import distribution_to_json
from optuna.trial import FrozenTrial, TrialState

from rnnlab.errors import ConfigError, StorageError
from rnnlab.runs.json_files import read_json, write_json
from rnnlab.sweeps.objectives import Objective
from rnnlab.sweeps.pruner import Pruner
from rnnlab.sweeps.samplers import make_sampler
from rnnlab.sweeps.space import Space
from rnnlab.sweeps.study_storage import close_storage, open_storage, storage_errors
from rnnlab.tracking.uri import redacted

_QUESTION, _DROPPED, _CAUSE, _RUNS, _SETTING = "question", "dropped", "cause", "runs", "setting"
_PLACE = {"study": str, "storage": str | None}
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # seconds; a database that is started anew is away
_T = TypeVar("_T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tried:
    """A setting that was chosen.

    Args:
        number: Of the trial.
        params: The value of each key, as Optuna has it.
        state: ``RUNNING``, ``COMPLETE``, ``FAIL`` or ``PRUNED``.
        values: Of each objective, where it is complete.
        runs: The seed of each of its runs, by fingerprint; {} before they were made.
        setting: What its runs share; "" before they were made.
        cause: Why it failed.
    """

    number: int
    params: Mapping[str, Any]
    state: str
    values: tuple[float, ...] = ()
    runs: Mapping[str, int] = field(default_factory=dict)
    setting: str = ""
    cause: str | None = None


@dataclass(frozen=True)
class How:
    """How settings are chosen.

    Args:
        search: By which sampler.
        trials: How many, all in all.
        seed: Decides the draws.
        replicates: What makes the runs of each; as it is written into the study.
        pruner: By which rule trials are given up: Hyperband has samplers look at its brackets.
    """

    search: str
    trials: int
    seed: int
    replicates: str = "1"
    pruner: Pruner | None = None


class Study:
    """Opens the study of a search, or begins it.

    Args:
        folder: Of the sweep, which is there.
        storage: Where the study is kept: a URL as it was written, None for the sweep's folder.
        space: What is chosen from.
        objectives: What is searched for.
        how: How it is chosen.

    Raises:
        ConfigError: The study is kept elsewhere, or asks another question.
        StorageError: It cannot be reached, read or written.
    """

    def __init__(
        self,
        folder: Path,
        storage: str | None,
        space: Space,
        objectives: Sequence[Objective],
        how: How,
    ) -> None:
        self._folder, self.storage, self._how = folder, storage, how
        self._distributions = space.distributions()
        self._lock = FileLock(folder / ".study.lock")
        with self._locked():
            self.name = self._named()
            self._kept = open_storage(storage, folder)
            self._study = optuna.create_study(
                storage=self._kept,
                study_name=self.name,
                load_if_exists=True,
                directions=[objective.direction for objective in objectives],
                sampler=make_sampler(how.search, how.seed, 0),
                pruner=how.pruner.made() if how.pruner else optuna.pruners.NopPruner(),
            )
            self._check_question(objectives)

    def close(self) -> None:
        """Close the connections to its storage."""
        close_storage(self._kept)

    def ask(self) -> Tried | None:
        """Return the next setting to try; None where as many were tried as there are to be."""
        return self._patiently(self._ask)

    def _ask(self) -> Tried | None:
        with self._locked():
            counted = len(self._counted())
            if counted >= self._how.trials:
                return None
            self._study.sampler = make_sampler(self._how.search, self._how.seed, counted)
            trial = self._study.ask(self._distributions)
            return Tried(trial.number, dict(trial.params), "RUNNING")

    def note_runs(self, number: int, setting: str, runs: Mapping[str, int]) -> None:
        """Note what a setting's runs are: what they share, and their seeds by fingerprint."""
        self._note(number, _SETTING, setting)
        self._note(number, _RUNS, dict(runs))

    def tell(self, number: int, values: Sequence[float]) -> None:
        """Say what came of a setting, unless somebody else has."""
        self._tell(number, TrialState.COMPLETE, list(values))

    def tell_pruned(self, number: int) -> None:
        """Say that a setting was given up for its bad beginning, unless somebody else has."""
        self._tell(number, TrialState.PRUNED)

    def tell_failed(self, number: int, cause: str) -> None:
        """Say why a setting came to nothing, unless somebody else has said something."""
        self._note(number, _CAUSE, cause)
        self._tell(number, TrialState.FAIL)

    def tried(self) -> list[Tried]:
        """Return all settings that were chosen so far, in order."""
        return [
            Tried(
                trial.number,
                dict(trial.params),
                trial.state.name,
                tuple(trial.values or ()) if trial.state == TrialState.COMPLETE else (),
                trial.user_attrs.get(_RUNS, {}),
                trial.user_attrs.get(_SETTING, ""),
                trial.user_attrs.get(_CAUSE),
            )
            for trial in self._patiently(self._trials)
            if _DROPPED not in trial.user_attrs and self._is_whole(trial)
        ]

    def _trials(self) -> list[FrozenTrial]:
        # With the lock, for what somebody is just choosing would be left out.
        with self._locked():
            return self._study.get_trials(deepcopy=False)

    def _tell(self, number: int, state: TrialState, values: Sequence[float] | None = None) -> None:
        def tell() -> None:
            with self._errors():
                self._study.tell(number, values, state, skip_if_finished=True)

        self._patiently(tell)

    def _patiently(self, do: Callable[[], _T]) -> _T:
        """Do something with the storage, again after a while where a database is away."""
        for pause in _PAUSES if self.storage is not None else ():
            try:
                return do()
            except StorageError as error:
                _log.warning("%s; again in %g seconds", error, pause)
                time.sleep(pause)
        return do()

    def _counted(self) -> list[FrozenTrial]:
        """Return what was chosen; what somebody who was killed had not chosen wholly is dropped."""
        found = []
        for trial in self._study.get_trials(deepcopy=False):
            if _DROPPED in trial.user_attrs:
                continue
            if trial.state == TrialState.RUNNING and not self._is_whole(trial):
                # Only who holds the lock chooses, so nobody is about to do the rest.
                self._study._storage.set_trial_user_attr(trial._trial_id, _DROPPED, True)
                self._study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
                continue
            found.append(trial)
        return found

    def _is_whole(self, trial: FrozenTrial) -> bool:
        return self._distributions.keys() <= trial.params.keys()

    def _note(self, number: int, name: str, value: Any) -> None:
        study, storage = self._study._study_id, self._study._storage

        def note() -> None:
            # Another driver may have told what came of it meanwhile, and then has noted the same.
            with self._errors(), suppress(optuna.exceptions.UpdateFinishedTrialError):
                trial = storage.get_trial_id_from_study_id_trial_number(study, number)
                storage.set_trial_user_attr(trial, name, value)

        self._patiently(note)

    def _named(self) -> str:
        place = self._folder / "study.json"
        if not place.exists():
            # A database may hold the studies of many folders.
            name = f"{self._folder.name}-{uuid4().hex[:8]}"
            write_json(place, {"study": name, "storage": self.storage})
            return name
        said = read_json(place, _PLACE)
        if said["storage"] != self.storage:
            why = "the study of this sweep is kept elsewhere"
            value = redacted(self.storage) if self.storage else "null"
            valid = [redacted(said["storage"]) if said["storage"] else "null"]
            raise ConfigError(why, key="sweep.storage", value=value, valid=valid)
        return str(said["study"])

    def _check_question(self, objectives: Sequence[Objective]) -> None:
        asked = {
            "keys": {
                key: json.loads(distribution_to_json(found))
                for key, found in self._distributions.items()
            },
            "objectives": [[objective.name, objective.direction] for objective in objectives],
            "seeds": self._how.replicates,
        }
        known = self._study.user_attrs.get(_QUESTION)
        if known is None:
            self._study.set_user_attr(_QUESTION, asked)
            return
        for part, content in asked.items():
            if known.get(part) != content:
                why = f"is a search with other {part}; choose another name, or the same {part}"
                raise ConfigError(why, key="sweep.name", value=self._folder.name)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._errors(), self._lock:
            yield

    @contextmanager
    def _errors(self) -> Iterator[None]:
        where = f"sweep.storage={redacted(self.storage)}" if self.storage else str(self._folder)
        with storage_errors(where):
            yield
