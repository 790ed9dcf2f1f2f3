"""Every run of a sweep, composed and checked before the first one begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rnnlab.config.composer import Composer
from rnnlab.config.schema import Sweep, accepted
from rnnlab.errors import ConfigError
from rnnlab.sweeps.combinations import Combination, combinations, example, parsed
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.making import Maker
from rnnlab.sweeps.naming import sweep_name
from rnnlab.sweeps.objectives import Objective, choose_objectives
from rnnlab.sweeps.replicates import SEED, replicates
from rnnlab.sweeps.request import Request, read_request
from rnnlab.sweeps.search_plan import GRID, SearchPlan, check_grid, plan_search


@dataclass(frozen=True)
class Plan:
    """A sweep that can begin.

    Args:
        name: Of its folder: ``sweep.name``, or one that the same question always gets.
        jobs: Its runs in order, no two of one fingerprint; replicates follow each other. Those of
            a search are chosen while it goes on.
        options: How they are made.
        left_out: How many runs were asked for that compute what another one does.
        executor: What executes them: what the config says under ``executor``.
        search: What is searched; None of a grid.
        objectives: What the best settings are chosen by; () where nobody chooses.
        maker: Makes further runs, where somebody chooses.
    """

    name: str
    jobs: tuple[Job, ...]
    options: Sweep = field(default_factory=Sweep)
    left_out: int = 0
    executor: Mapping[str, Any] = field(default_factory=lambda: {"kind": "local"})
    search: SearchPlan | None = None
    objectives: tuple[Objective, ...] = ()
    maker: Maker | None = None

    @property
    def examples(self) -> tuple[Job, ...]:
        """Runs of every kind that there will be."""
        return self.jobs if self.search is None else self.search.examples

    @property
    def chooses(self) -> bool:
        """Whether further runs are chosen while it goes on."""
        return self.search is not None or bool(self.options.confirm)

    @property
    def total(self) -> int:
        """How many runs there will be at most."""
        options = self.options
        searched = 0
        if self.search is not None:
            searched = (options.trials or 0) * self.search.seeds.number
        return len(self.jobs) + searched + options.confirm * options.confirm_seeds

    @property
    def settings(self) -> dict[str, tuple[Job, ...]]:
        """The replicates of each setting, by its fingerprint."""
        found: dict[str, list[Job]] = {}
        for job in self.jobs:
            found.setdefault(job.setting_fingerprint, []).append(job)
        return {setting: tuple(jobs) for setting, jobs in found.items()}


def plan(overrides: Sequence[str]) -> Plan:
    """Return all runs that some overrides ask for, or what a search chooses from.

    Nothing is written. Each run is composed and its values are checked, and all of their parts are
    made, as a run does it; see :mod:`rnnlab.sweeps.trial`.

    Args:
        overrides: Hydra's sweep syntax, see :func:`rnnlab.sweeps.combinations.combinations` and
            :mod:`rnnlab.sweeps.space`, and what is about the sweep itself: ``sweep=NAME``,
            ``sweep.KEY=…``, ``seeds=…``.

    Raises:
        ConfigError: Something is wrong with one of them; every mistake of all is told once.
        Refused: One would run code that it should not.
    """
    composer = Composer()
    for item in overrides:
        _check_seed(item)
    request = read_request(overrides, composer.load)
    options = request.options
    varied, seeds = replicates(request.overrides, request.seeds)
    lasting = options.search != GRID or bool(options.confirm)
    here = request.executor.get("kind") == "local"
    maker = Maker(composer, request.about, lasting=lasting, here=here)
    if not _is_valid(options):
        # The first run tells.
        maker.make([Combination(tuple(map(example, varied)), {})], seeds)
    if options.search != GRID:
        search = plan_search(varied, seeds, options, maker)
        name = _name(request, search.examples, search.question)
        return Plan(name, (), options, 0, request.executor, search, search.objectives, maker)
    check_grid(options)
    jobs, left_out = maker.make(combinations(varied, seeds.number), seeds)
    objectives: tuple[Objective, ...] = ()
    if options.confirm or options.objective is not None:
        objectives = choose_objectives(options, jobs, maker)
    name = _name(request, jobs)
    executor = request.executor
    return Plan(name, tuple(jobs), options, left_out, executor, None, objectives, maker)


def _name(request: Request, runs: Sequence[Job], question: Sequence[str] = ()) -> str:
    experiments = {job.plain["experiment_name"] for job in runs}
    experiment = experiments.pop() if len(experiments) == 1 else None
    return request.options.name or sweep_name(
        request.overrides, experiment, request.option, question
    )


def _is_valid(options: Sweep) -> bool:
    return not any(item.refusal(getattr(options, item.name)) for item in accepted(Sweep))


def _check_seed(item: str) -> None:
    found = parsed(item)
    if found is not None and found.key_or_group == SEED and found.is_interval_sweep():
        _, _, value = item.partition("=")
        why = "seeds are replicates of each setting and not searched; write seeds=5"
        raise ConfigError(why, key=SEED, value=value)
