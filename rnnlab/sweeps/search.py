"""A search as a source of runs: a free worker gets the next setting at once.

What was chosen and what came of it is in the study, what was run in the sweep's folder. A search
may be killed at any moment; the same command goes on. Of several that share a study each takes up
what the others have begun, and claims decide who executes it.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from omegaconf import OmegaConf

from rnnlab.errors import ConfigError, RnnlabError, RunFailed, StorageError
from rnnlab.runs.folder import Status
from rnnlab.sweeps.confirmation import confirming
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.outcome import Outcome
from rnnlab.sweeps.ranking import Scored, best
from rnnlab.sweeps.replicates import SEED
from rnnlab.sweeps.search_plan import SearchPlan
from rnnlab.sweeps.source import Source
from rnnlab.sweeps.study import Study, Tried
from rnnlab.sweeps.swept_run import SweptRun
from rnnlab.sweeps.trial_ticket import TrialTicket

_LOOK_EVERY = 1.0


class Search(Source):
    """Chooses settings, and learns from how they come out.

    Args:
        plan: What is searched.
        study: What was found so far.
        folder: Of the sweep.
        planned: Is told of runs before they are given.
        say: Is told what happens, a line at a time.
    """

    def __init__(
        self,
        plan: SearchPlan,
        study: Study,
        folder: SweepFolder,
        planned: Callable[[Sequence[Job]], None] = lambda jobs: None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._plan, self._study, self._folder = plan, study, folder
        self._planned, self._say = planned, say
        self._queue: deque[Job] = deque()
        self._begun: deque[Tried] = deque(self._running())
        self._taken = {tried.number for tried in self._begun}
        self._open: dict[int, list[str]] = {}
        self._wanted: defaultdict[str, list[int]] = defaultdict(list)
        self._over: dict[str, Outcome] = {}
        self._all_asked = self._all_told = False
        self._looked = float("-inf")

    @property
    def exhausted(self) -> bool:
        """Whether there will be no run any more."""
        return self._all_told and not self._queue

    def next(self) -> Job | None:
        """Return the next run; None where all that is left is to wait for others."""
        while not self._queue:
            if self._begun:
                self._take_up(self._begun.popleft())
            elif not self._all_asked:
                self._ask()
            elif self._all_told or not self._look():
                return None
        return self._queue.popleft()

    def prepare(self, job: Job, run: SweptRun) -> None:
        """Let the run know its trial, so that its worker can report to the study."""
        wanting = self._wanted.get(job.fingerprint)
        if not wanting or len(self._plan.objectives) > 1:
            return
        (objective,) = self._plan.objectives
        TrialTicket(
            self._study.storage,
            self._study.name,
            wanting[0],
            objective.name,
            objective.direction,
            self._plan.pruner,
        ).write(run.path)

    def over(self, outcome: Outcome) -> None:
        """Learn how a run came out, and tell the study of settings whose runs are all over."""
        if not _is_over(outcome):
            return
        fingerprint = outcome.job.fingerprint
        self._over[fingerprint] = outcome
        for number in self._wanted.pop(fingerprint, ()):
            if all(run in self._over for run in self._open[number]):
                self._conclude(number, self._open.pop(number))

    def close(self) -> None:
        """Close the connections to the study."""
        self._study.close()

    def scored(self) -> list[Scored]:
        """Return what came of all settings so far, by any driver."""
        return [
            Scored(self._plan.space.setting(tried.params), tried.setting, tried.values)
            for tried in self._study.tried()
            if tried.state == "COMPLETE"
        ]

    def _running(self) -> list[Tried]:
        return [tried for tried in self._study.tried() if tried.state == "RUNNING"]

    def _ask(self) -> None:
        asked = self._study.ask()
        if asked is None:
            self._all_asked = True
        else:
            self._taken.add(asked.number)
            self._take_up(asked)

    def _look(self) -> bool:
        """Look for what others have begun; return whether something is to be done now."""
        if self._open and time.monotonic() < self._looked + _LOOK_EVERY:
            return False
        self._looked = time.monotonic()
        new = [tried for tried in self._study.tried() if tried.number not in self._taken]
        self._taken.update(tried.number for tried in new)
        self._begun.extend(tried for tried in new if tried.state == "RUNNING")
        for tried in new:
            if tried.state in ("COMPLETE", "PRUNED"):
                self._recall(tried)
        if self._begun or self._queue:
            return True
        if self._open:
            return False
        self._confirm()
        self._all_told = True
        return bool(self._queue)

    def _take_up(self, tried: Tried) -> None:
        """Make the runs of a setting, and queue those that nobody has made before."""
        setting = self._plan.space.setting(tried.params)
        try:
            jobs, _ = self._plan.maker.make([setting], self._plan.seeds)
        except (ConfigError, RunFailed) as error:
            self._study.tell_failed(tried.number, str(error))
            self._say(f"trial {tried.number} failed  {setting}  {error}")
            return
        if not tried.runs:
            runs = {job.fingerprint: job.seed for job in jobs}
            self._study.note_runs(tried.number, jobs[0].setting_fingerprint, runs)
        own = [job.fingerprint for job in jobs]
        new = [job for job in jobs if job.fingerprint not in self._over]
        self._plan_for([job for job in new if job.fingerprint not in self._wanted])
        for job in new:
            self._wanted[job.fingerprint].append(tried.number)
        if new:
            self._open[tried.number] = own
        else:
            self._conclude(tried.number, own)

    def _plan_for(self, jobs: Sequence[Job]) -> None:
        if jobs:
            self._planned(jobs)
            self._queue.extend(jobs)

    def _conclude(self, number: int, fingerprints: Sequence[str]) -> None:
        outcomes = [self._over[fingerprint] for fingerprint in fingerprints]
        statuses = {outcome.status for outcome in outcomes}
        if statuses == {Status.FINISHED}:
            folders = [outcome.folder for outcome in outcomes if outcome.folder is not None]
            try:
                values = [objective.mean(folders) for objective in self._plan.objectives]
            except (RunFailed, StorageError) as error:
                self._fail(number, str(error))
            else:
                self._study.tell(number, values)
            return
        failed = [outcome for outcome in outcomes if outcome.status not in _ENDS_WELL]
        if failed:
            self._fail(number, failed[0].cause or "its run failed")
        else:
            self._study.tell_pruned(number)

    def _fail(self, number: int, cause: str) -> None:
        self._study.tell_failed(number, cause)
        self._say(f"trial {number} failed  {cause}")

    def _recall(self, tried: Tried) -> None:
        """Queue the runs of a setting that is over, which costs nothing: all were finished."""
        found = [self._finished(tried, fingerprint) for fingerprint in tried.runs]
        jobs = [job for job in found if job is not None]
        if len(jobs) == len(tried.runs):
            self._plan_for([job for job in jobs if job.fingerprint not in self._over])

    def _finished(self, tried: Tried, fingerprint: str) -> Job | None:
        """Return the run of an earlier driver, as its folder has it."""
        run = self._folder.run(fingerprint)
        try:
            attempt = run.believed()
            if attempt is None or attempt.read_status().get("status") not in _ENDS_WELL:
                return None
            plain = OmegaConf.to_container(OmegaConf.load(run.config), resolve=False)
        except (OSError, RnnlabError):
            return None  # it was removed; the study knows what came of it
        assert isinstance(plain, dict)
        setting = self._plan.space.setting(tried.params)
        if len(tried.runs) > 1:
            swept = {**setting.swept, SEED: str(tried.runs[fingerprint])}
            setting = replace(setting, swept=swept)
        config = {str(key): value for key, value in plain.items()}
        return Job(setting, config, fingerprint, tried.setting)

    def _confirm(self) -> None:
        options = self._plan.options
        chosen = best(self.scored(), self._plan.objectives, options.confirm)
        if not chosen:
            return
        used = [seed for tried in self._study.tried() for seed in tried.runs.values()]
        jobs = confirming(chosen, used, options.confirm_seeds, self._plan.maker)
        self.confirming = tuple(jobs)
        self._say(f"confirming with fresh seeds: {len(chosen)} of the best settings")
        self._plan_for([job for job in jobs if job.fingerprint not in self._over])


_ENDS_WELL = (Status.FINISHED, Status.PRUNED)


def _is_over(outcome: Outcome) -> bool:
    """Return whether a run has come to its end, and was not only left for a later time."""
    if outcome.status in (Status.FINISHED, Status.FAILED, Status.PRUNED):
        return True
    # Its worker could not even begin.
    return outcome.status is None and outcome.cause is not None
