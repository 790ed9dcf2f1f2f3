"""Every run of a sweep, composed and checked before the first one begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from omegaconf import DictConfig

from rnnlab.errors import ConfigError, ConfigErrors, together
from rnnlab.runs.places import absolute
from rnnlab.runs.train import configured, prepare
from rnnlab.sweeps.combinations import Combination, combinations


@dataclass(frozen=True)
class Job:
    """A run that is to be made.

    Args:
        combination: What makes it this one.
        config: Its config.
    """

    combination: Combination
    config: DictConfig

    @property
    def setting(self) -> dict[str, str]:
        """What is swept, but for the seed: replicates share it."""
        return {key: value for key, value in self.combination.swept.items() if key != "seed"}

    def __str__(self) -> str:
        return str(self.combination) or str(self.config.experiment_name)


def plan(overrides: Sequence[str]) -> list[Job]:
    """Return all runs that some overrides ask for; nothing is written.

    Each is composed and its values are checked, and for each setting data, task and model are
    built once, as a run does it.

    Args:
        overrides: Hydra's sweep syntax, see :func:`rnnlab.sweeps.combinations.combinations`.

    Raises:
        ConfigError: Something is wrong with one of them; every mistake of all is told once.
        Refused: One would run code that it should not.
    """
    found = combinations(overrides)
    jobs: list[Job] = []
    mistakes: list[tuple[ConfigError, Combination]] = []
    for combination in found:
        try:
            jobs.append(Job(combination, configured(list(combination.overrides))))
        except ConfigError as error:
            mistakes += [(each, combination) for each in _each(error)]
    _raise(mistakes, len(found))
    _raise([(error, job.combination) for error, job in _taken_names(jobs)], len(jobs))
    settings: dict[tuple[tuple[str, str], ...], Job] = {}
    for job in jobs:
        settings.setdefault(tuple(job.setting.items()), job)
    for job in settings.values():
        try:
            prepare(job.config)
        except ConfigError as error:
            mistakes += [(each, job.combination) for each in _each(error)]
    _raise(mistakes, len(settings))
    return jobs


def _taken_names(jobs: Sequence[Job]) -> Iterator[tuple[ConfigError, Job]]:
    folders = [_folder(job.config) for job in jobs]
    wanted = Counter(folders)
    for job, folder in zip(jobs, folders, strict=True):
        name = job.config.name
        if folder is None:
            continue
        if wanted[folder] > 1:
            why = f"would be the name of {wanted[folder]} runs; without it each gets its own"
            yield ConfigError(why, key="name", value=name), job
        elif folder.exists():
            yield (
                ConfigError("a run of that name exists; choose another", key="name", value=name),
                job,
            )


def _folder(config: DictConfig) -> Path | None:
    if config.name is None:
        return None
    return absolute(Path(config.output_dir, config.experiment_name, config.name))


def _each(error: ConfigError) -> Sequence[ConfigError]:
    return error.errors if isinstance(error, ConfigErrors) else [error]


def _raise(mistakes: Sequence[tuple[ConfigError, Combination]], count: int) -> None:
    """Raise all mistakes together, each once, with the first run that has it.

    Args:
        mistakes: Each with its run.
        count: How many runs were looked at; what is wrong with all of them is told without one.
    """
    having: dict[str, list[Combination]] = {}
    for error, combination in mistakes:
        having.setdefault(str(error), []).append(combination)
    told = []
    for error in {str(error): error for error, _ in mistakes}.values():
        where = list(dict.fromkeys(map(str, having[str(error)])))
        more = f" and {len(where) - 1} more" if len(where) > 1 else ""
        told.append(error if len(where) == count else ConfigError(f"{error} ({where[0]}{more})"))
    if (mistake := together(told)) is not None:
        raise mistake
