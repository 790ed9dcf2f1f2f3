"""The best settings of a grid once more, when all of its runs are over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rnnlab.errors import RunFailed, StorageError
from rnnlab.runs.folder import Status
from rnnlab.sweeps.combinations import Combination
from rnnlab.sweeps.confirmation import confirming
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.outcome import Outcome
from rnnlab.sweeps.plan import Plan
from rnnlab.sweeps.ranking import Scored, best
from rnnlab.sweeps.source import Source


class GridConfirmation(Source):
    """Waits for the runs of a grid, and then gives those that confirm its best settings.

    Args:
        plan: The grid.
        planned: Is told of runs before they are given.
        say: Is told what happens, a line at a time.
    """

    def __init__(
        self,
        plan: Plan,
        planned: Callable[[Sequence[Job]], None] = lambda jobs: None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._plan, self._planned, self._say = plan, planned, say
        self._waited = {job.fingerprint for job in plan.jobs}
        self._over: dict[str, Outcome] = {}
        self._queue: list[Job] | None = None

    @property
    def exhausted(self) -> bool:
        """Whether there will be no run any more."""
        return self._queue == []

    def next(self) -> Job | None:
        """Return the next run; None where the grid is not over."""
        if self._queue is None:
            if not self._waited <= self._over.keys():
                return None
            self._queue = self._confirm()
        return self._queue.pop(0) if self._queue else None

    def over(self, outcome: Outcome) -> None:
        """Learn how a run came out."""
        self._over[outcome.job.fingerprint] = outcome

    def scored(self) -> list[Scored]:
        """Return the settings all of whose runs have finished."""
        found = []
        for fingerprint, jobs in self._plan.settings.items():
            outcomes = [self._over.get(job.fingerprint) for job in jobs]
            folders = [
                outcome.folder
                for outcome in outcomes
                if outcome is not None
                and outcome.status == Status.FINISHED
                and outcome.folder is not None
            ]
            if len(folders) < len(jobs):
                continue
            try:
                values = tuple(each.mean(folders) for each in self._plan.objectives)
            except (RunFailed, StorageError) as error:
                self._say(f"left out  {jobs[0].combination}  {error}")
                continue
            setting = Combination(jobs[0].overrides, jobs[0].setting)
            found.append(Scored(setting, fingerprint, values))
        return found

    def _confirm(self) -> list[Job]:
        options, maker = self._plan.options, self._plan.maker
        chosen = best(self.scored(), self._plan.objectives, options.confirm)
        if not chosen or maker is None:
            return []
        used = (job.seed for job in self._plan.jobs)
        jobs = confirming(chosen, used, options.confirm_seeds, maker)
        self.confirming = tuple(jobs)
        self._say(f"confirming with fresh seeds: {len(chosen)} of the best settings")
        self._planned(jobs)
        return jobs
