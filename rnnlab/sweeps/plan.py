"""Every run of a sweep, composed and checked before the first one begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from rnnlab.config.check import examined
from rnnlab.config.compose import attempt
from rnnlab.config.composer import Composer
from rnnlab.config.schema import Sweep
from rnnlab.config.sweeping import take_out
from rnnlab.errors import ConfigError
from rnnlab.plugins.in_use import plugins_in_use, targets
from rnnlab.runs import plugin_history
from rnnlab.runs.fingerprint import fingerprint
from rnnlab.runs.places import absolute
from rnnlab.runs.train import make_data_path_absolute
from rnnlab.sweeps.combinations import Combination, combinations
from rnnlab.sweeps.mistakes import Mistakes
from rnnlab.sweeps.naming import sweep_name
from rnnlab.sweeps.replicates import SEED, Replicates, replicates
from rnnlab.sweeps.request import read_request
from rnnlab.sweeps.trial import Trial


@dataclass(frozen=True)
class Job:
    """A run that is to be made.

    Args:
        combination: What makes it this one.
        plain: Its resolved config as plain values; what reads the environment is not resolved.
        fingerprint: Of what it computes.
        setting_fingerprint: Of what it and its replicates compute.
    """

    combination: Combination
    plain: Mapping[str, Any]
    fingerprint: str
    setting_fingerprint: str

    @property
    def overrides(self) -> tuple[str, ...]:
        """What ``rnnlab train`` makes the same run of."""
        return self.combination.overrides

    @property
    def setting(self) -> dict[str, str]:
        """What is swept, but for the seed: replicates share it."""
        return {key: value for key, value in self.combination.swept.items() if key != SEED}

    @property
    def seed(self) -> int:
        """Its seed."""
        return int(self.plain["seed"])

    @property
    def config(self) -> DictConfig:
        """Its config, made anew each time: ten thousand of them would not fit into memory."""
        config = OmegaConf.create(dict(self.plain))
        OmegaConf.set_struct(config, True)
        return config

    def __str__(self) -> str:
        return str(self.combination) or str(self.plain["experiment_name"])


@dataclass(frozen=True)
class Plan:
    """A sweep that can begin.

    Args:
        name: Of its folder: ``sweep.name``, or one that the same question always gets.
        jobs: Its runs in order, no two of one fingerprint; replicates follow each other.
        options: How they are made.
        left_out: How many runs were asked for that compute what another one does.
        executor: What executes them: what the config says under ``executor``.
    """

    name: str
    jobs: tuple[Job, ...]
    options: Sweep = field(default_factory=Sweep)
    left_out: int = 0
    executor: Mapping[str, Any] = field(default_factory=lambda: {"kind": "local"})

    @property
    def settings(self) -> dict[str, tuple[Job, ...]]:
        """The replicates of each setting, by its fingerprint."""
        found: dict[str, list[Job]] = {}
        for job in self.jobs:
            found.setdefault(job.setting_fingerprint, []).append(job)
        return {setting: tuple(jobs) for setting, jobs in found.items()}


def plan(overrides: Sequence[str]) -> Plan:
    """Return all runs that some overrides ask for; nothing is written.

    Each is composed and its values are checked, and all of their parts are made, as a run does it;
    see :mod:`rnnlab.sweeps.trial`.

    Args:
        overrides: Hydra's sweep syntax, see :func:`rnnlab.sweeps.combinations.combinations`, and
            what is about the sweep itself: ``sweep=NAME``, ``sweep.KEY=…``, ``seeds=…``.

    Raises:
        ConfigError: Something is wrong with one of them; every mistake of all is told once.
        Refused: One would run code that it should not.
    """
    composer, mistakes = Composer(), Mistakes()
    request = read_request(overrides, composer.load)
    trial = Trial(here=request.executor.get("kind") == "local")
    varied, seeds = replicates(request.overrides, request.seeds)
    settings = combinations(varied, seeds.number)
    look = partial(examined, load=composer.load, several=True, known={})
    composed: list[tuple[Combination, dict[str, Any]]] = []
    for run in _runs(settings, seeds, request.about, composer):
        mistakes.look_at(run)
        config, found = look([*run.overrides, *request.about])
        for mistake in found:
            mistakes.add(mistake, [run])
        if config is not None and not found:
            take_out(config)
            make_data_path_absolute(config)
            plain: Any = OmegaConf.to_container(config, resolve=False)
            composed.append((run, plain))
            trial.add(plain, run)
    mistakes.raise_all()
    trial.examine(mistakes)
    mistakes.raise_all()
    jobs = _distinct(composed, trial)
    for error, job in _taken_names(jobs):
        mistakes.add(error, [job.combination])
    mistakes.raise_all()
    experiments = {job.plain["experiment_name"] for job in jobs}
    experiment = experiments.pop() if len(experiments) == 1 else None
    name = request.options.name or sweep_name(request.overrides, experiment, request.option)
    left_out = len(composed) - len(jobs)
    return Plan(name, tuple(jobs), request.options, left_out, request.executor)


def _runs(
    settings: Sequence[Combination], seeds: Replicates, about: Sequence[str], composer: Composer
) -> Iterator[Combination]:
    for setting in settings:
        if seeds.named is not None or seeds.number == 1:
            yield from seeds.of(setting, 0)
            continue
        config, found = attempt([*setting.overrides, *about], composer.load, several=True)
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
