"""From settings to runs that can begin: each composed and checked, and all of its parts made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from rnnlab.config.check import examined
from rnnlab.config.compose import attempt
from rnnlab.config.composer import Composer
from rnnlab.config.sweeping import take_out
from rnnlab.errors import ConfigError
from rnnlab.plugins.in_use import plugins_in_use, targets
from rnnlab.runs import plugin_history
from rnnlab.runs.fingerprint import fingerprint
from rnnlab.runs.places import absolute
from rnnlab.runs.train import make_data_path_absolute
from rnnlab.sweeps.combinations import Combination
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.mistakes import Mistakes
from rnnlab.sweeps.replicates import SEED, Replicates
from rnnlab.sweeps.trial import Trial


class Maker:
    """Makes the runs of settings.

    Args:
        composer: Composes their configs.
        about: Further overrides that every run is composed with: they are about the sweep.
        lasting: Whether it is used many times, and had better remember the data that it read.
        here: Whether this machine executes the runs, and not another one with other devices.
    """

    def __init__(
        self,
        composer: Composer,
        about: Sequence[str] = (),
        *,
        lasting: bool = False,
        here: bool = True,
    ) -> None:
        self._composer, self._about = composer, about
        self._examined = partial(examined, load=composer.load, several=True, known={})
        self._trial = Trial(lasting=lasting, here=here)

    def make(self, settings: Sequence[Combination], seeds: Replicates) -> tuple[list[Job], int]:
        """Return the runs of some settings, and how many more would compute what one of them does.

        Args:
            settings: What makes each.
            seeds: Their replicates.

        Raises:
            ConfigError: Something is wrong with one of them; every mistake of all is told once.
            Refused: One would run code that it should not.
            RunFailed: A model or its data does not fit into memory.
            StorageError: The tracking store cannot be used.
        """
        mistakes = Mistakes()
        composed: list[tuple[Combination, dict[str, Any]]] = []
        for run in self._runs(settings, seeds):
            mistakes.look_at(run)
            config, found = self._examined([*run.overrides, *self._about])
            for mistake in found:
                mistakes.add(mistake, [run])
            if config is not None and not found:
                take_out(config)
                make_data_path_absolute(config)
                plain: Any = OmegaConf.to_container(config, resolve=False)
                composed.append((run, plain))
        mistakes.raise_all()
        for run, plain in composed:
            self._trial.add(plain, run)
        self._trial.examine(mistakes)
        mistakes.raise_all()
        jobs = _distinct(composed, self._trial)
        for error, job in _taken_names(jobs):
            mistakes.add(error, [job.combination])
        mistakes.raise_all()
        return jobs, len(composed) - len(jobs)

    def monitored(self, job: Job) -> tuple[str, str]:
        """Return the score that picks the best checkpoint of a run, and ``min`` or ``max``."""
        return self._trial.monitored(job.plain)

    def _runs(self, settings: Sequence[Combination], seeds: Replicates) -> Iterator[Combination]:
        load = self._composer.load
        for setting in settings:
            if seeds.named is not None or seeds.number == 1:
                yield from seeds.of(setting, 0)
                continue
            config, found = attempt([*setting.overrides, *self._about], load, several=True)
            own = None if config is None or found else config.get(SEED)
            # Where it has no seed to count from, it stands for its replicates, and tells why.
            yield from seeds.of(setting, own) if isinstance(own, int) else [setting]


def _distinct(composed: Sequence[tuple[Combination, dict[str, Any]]], trial: Trial) -> list[Job]:
    """Return a job for each run, and only the first of those that compute the same."""
    jobs: dict[str, Job] = {}
    in_use: dict[tuple[str, ...], dict[str, Any]] = {}
    for run, plain in composed:
        classes = tuple(targets(plain))
        if classes not in in_use:
            in_use[classes] = plugin_history.plain(plugins_in_use(plain))
        initial: Mapping[str, Any] = {}
        if (start := trial.initial_weights(plain)) is not None:
            # last would be another run as soon as the first one is made.
            plain["init_from"], initial = start
        data = trial.data_sha256(plain)
        computed = partial(fingerprint, plain, data, in_use[classes])
        own = computed(initial_weights=initial.get("weights_sha256"))
        setting = computed(with_seed=False, initial_weights=initial.get("setting"))
        jobs.setdefault(own, Job(run, plain, own, setting))
    return list(jobs.values())


def _taken_names(jobs: Sequence[Job]) -> Iterator[tuple[ConfigError, Job]]:
    folders = [_folder(job.config) if job.plain["name"] is not None else None for job in jobs]
    wanted = Counter(folders)
    for job, folder in zip(jobs, folders, strict=True):
        name = job.plain["name"]
        if folder is None:
            continue
        if wanted[folder] > 1:
            why = f"would be the name of {wanted[folder]} runs; without it each gets its own"
            yield ConfigError(why, key="name", value=name), job
        elif folder.exists():
            why = "a run of that name exists; choose another"
            yield ConfigError(why, key="name", value=name), job


def _folder(config: DictConfig) -> Path:
    return absolute(Path(config.output_dir, config.experiment_name, config.name))
