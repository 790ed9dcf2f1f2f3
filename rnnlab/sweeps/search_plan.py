"""A search that can begin: what it chooses from, for what, and by whom its runs are made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from rnnlab.config.schema import Sweep
from rnnlab.errors import ConfigError
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.making import Maker
from rnnlab.sweeps.objectives import Objective, choose_objectives
from rnnlab.sweeps.pruner import Pruner
from rnnlab.sweeps.pruning_options import choose_pruner, refuse_pruner
from rnnlab.sweeps.replicates import Replicates
from rnnlab.sweeps.samplers import check_search
from rnnlab.sweeps.space import Space, read_space
from rnnlab.tracking.uri import redacted

GRID = "grid"


@dataclass(frozen=True)
class SearchPlan:
    """A search that can begin.

    Args:
        space: What it chooses from.
        objectives: What it is for.
        seeds: The replicates of each setting.
        options: How it is made.
        maker: Makes the runs of a setting.
        examples: The runs at the corners of the space, which were checked.
    """

    space: Space
    objectives: tuple[Objective, ...]
    seeds: Replicates
    options: Sweep
    maker: Maker
    examples: tuple[Job, ...]

    @property
    def seed(self) -> int:
        """What decides the settings that are chosen."""
        return self.examples[0].seed

    @property
    def replicates(self) -> str:
        """The seeds of each setting: how many from which on, or their list."""
        named = self.seeds.named
        return f"{self.seeds.count} from {self.seed}" if named is None else ",".join(named)

    @property
    def pruner(self) -> Pruner | None:
        """By which rule settings are given up while they train; None where none are."""
        return choose_pruner(self.options, self.objectives, self.seeds, self.examples)

    @property
    def question(self) -> tuple[str, ...]:
        """What tells this search from others with the same keys."""
        axes = sorted(f"{axis.key}: {axis}" for axis in self.space.axes)
        return (self.options.search, *axes, *map(str, self.objectives), self.replicates)


def plan_search(
    overrides: Sequence[str], seeds: Replicates, options: Sweep, maker: Maker
) -> SearchPlan:
    """Return the search that some overrides ask for; nothing is written.

    Every value without an order and both ends of every range are composed, checked and made, as
    the runs themselves will be.

    Args:
        overrides: What makes its runs.
        seeds: The replicates of each setting.
        options: How it is made.
        maker: Makes runs.

    Raises:
        ConfigError: Something is wrong with one of them, or cannot be searched for.
        Refused: One would run code that it should not.
    """
    space = read_space(overrides)
    check_search(options.search, space, 1)
    if options.trials is None:
        why = "is required: how many settings to try"
        raise ConfigError(why, key="sweep.trials")
    check_storage(options.storage)
    try:
        examples, _ = maker.make(space.corners(), seeds)
    except ConfigError as error:
        raise _with_hint(error, space) from error
    objectives = choose_objectives(options, examples, maker)
    check_search(options.search, space, len(objectives))
    choose_pruner(options, objectives, seeds, examples)
    return SearchPlan(space, objectives, seeds, options, maker, tuple(examples))


def _with_hint(error: ConfigError, space: Space) -> ConfigError:
    """Return what is wrong at the corners, or what is easily forgotten."""
    for axis in space.axes:
        told = re.search(rf"^{re.escape(axis.key)}=\S+: must be an? .*integer", str(error), re.M)
        if told and axis.kind == "real" and not axis.values:
            why = "takes whole numbers; write int(interval(…))"
            return ConfigError(why, key=axis.key, value=f"interval({axis.low:g},{axis.high:g})")
    return error


def check_grid(options: Sweep) -> None:
    """Check that a grid is asked for nothing that only a search has.

    Raises:
        ConfigError: It is.
    """
    if options.trials is not None:
        why = "a grid tries all its values; sweep.search=random tries as many as this"
        raise ConfigError(why, key="sweep.trials", value=options.trials)
    refuse_pruner(options)


def check_storage(storage: str | None) -> None:
    """Check that no password is written where it would get into files.

    Raises:
        ConfigError: One is.
    """
    try:
        said = None if storage is None else urlsplit(storage).password
    except ValueError:
        return  # whoever opens it tells
    if storage is not None and said is not None and "${" not in said:
        why = "has a password in it, which would get into files; write ${oc.env:NAME} for the URL"
        raise ConfigError(why, key="sweep.storage", value=redacted(storage))
