"""``rnnlab train -m``: plan a sweep, and drive it until it is over."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rnnlab.compare.comparison import Comparison
from rnnlab.errors import Interrupted, Preempted, RunFailed
from rnnlab.runs.places import absolute
from rnnlab.sweeps.answers import compared, write_report
from rnnlab.sweeps.board import Board
from rnnlab.sweeps.choosing import chooser
from rnnlab.sweeps.driver import Driver, Settings, pause
from rnnlab.sweeps.executors.choice import executor as chosen
from rnnlab.sweeps.feed import Feed
from rnnlab.sweeps.folder import SweepFolder, make, place
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.outcome import Outcome
from rnnlab.sweeps.plan import Plan
from rnnlab.sweeps.screen import Screen
from rnnlab.sweeps.search_view import Found
from rnnlab.sweeps.source import Source
from rnnlab.sweeps.swept_run import SweptRun
from rnnlab.tracking.mlflow_run import Status as MlflowStatus
from rnnlab.tracking.uri import tracking_uri

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")


@dataclass(frozen=True)
class Swept:
    """How a sweep came out.

    Args:
        folder: Its folder.
        outcomes: Of each run.
        comparison: Of those that have finished, or of those with fresh seeds, where the best
            settings were confirmed; None where none has.
        interrupt: The signal that ended it early, if one did.
        left: Whether something is left to be done, or came to nothing.
        found: What was chosen, where somebody chose.
        disk: Why the disk took no more, if that ended it.
    """

    folder: SweepFolder
    outcomes: Sequence[Outcome]
    comparison: Comparison | None
    interrupt: Interrupted | None
    left: bool = False
    found: Found | None = None
    disk: str | None = None


def run_sweep(plan: Plan, overrides: Sequence[str], say: Callable[[str], None]) -> Swept:
    """Execute what is planned and not finished yet.

    The first Ctrl-C lets the runs that have begun come to their end; the second asks them for a
    snapshot and their end, as SIGTERM does. The same command goes on.

    Args:
        plan: What is asked for.
        overrides: As they were given.
        say: Is told what happens, a line at a time, where no table is drawn.

    Raises:
        StorageError: The disk refused.
    """
    config, options = plan.examples[0].config, plan.options
    output_dir = absolute(Path(config.output_dir))
    workers = None if options.workers == "auto" else int(options.workers)
    with ExitStack() as stack:
        executor = chosen(plan.executor, workers, plan.examples, place(plan.name, output_dir))
        stack.callback(executor.close)
        folder = make(plan, output_dir, overrides, executor.slots)
        feed = None
        if config.tracking.enabled:
            uri = tracking_uri(config.tracking.uri, output_dir)
            feed = Feed(folder, uri, _experiment(plan))
        board = Board(_runs(folder, plan.jobs), plan.total)
        screen = stack.enter_context(Screen(plan.name, board, executor.slots, say))

        def planned(jobs: Sequence[Job]) -> None:
            folder.plan_more(jobs)
            board.add(_runs(folder, jobs))

        source = chooser(plan, folder, planned, screen.say)
        if source is not None:
            stack.callback(source.close)

        def over(outcome: Outcome) -> None:
            if feed is not None:
                feed.end(outcome)
            screen.over(outcome)

        driver = Driver(
            folder,
            list(plan.jobs),
            executor,
            Settings(options.retries, options.timeout, options.lease),
            source=source,
            started=lambda job, run: None if feed is None else feed.begin(job, run),
            over=over,
        )
        arrived = _drive(driver, screen)
        order = {job.fingerprint: place for place, job in enumerate(plan.jobs)}
        outcomes = sorted(
            driver.outcomes, key=lambda outcome: order.get(outcome.job.fingerprint, len(order))
        )
        if source is not None and source.exhausted:
            folder.plan_more(goes_on=False)
        board.total = 0  # what was not chosen will not be
        left = _left(plan, source, outcomes)
        interrupt = _interrupt(arrived) if arrived and left else None
        comparison = compared(_answering(source, outcomes), plan.objectives)
        writable = comparison is not None and driver.disk is None
        report = write_report(comparison, folder) if comparison and writable else []
        if feed is not None:
            # MLflow got the plan at the beginning, without what was chosen since.
            files = [*report, folder.plan] if plan.chooses else report
            feed.close(_status(left, interrupt), files, quiet=driver.disk is not None)
        found = None if source is None else _found(plan, source)
    return Swept(folder, outcomes, comparison, interrupt, left, found, driver.disk)


def exit_code(swept: Swept) -> int:
    """Return 0 where all runs have finished or were pruned, and of a search those that matter."""
    return RunFailed.exit_code if swept.left else 0


def _runs(folder: SweepFolder, jobs: Sequence[Job]) -> Iterator[tuple[str, SweptRun]]:
    return ((str(job), folder.run(job.fingerprint)) for job in jobs)


def _answering(source: Source | None, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
    """Return the runs that the answer is made of: with fresh seeds, where there are such."""
    fresh = {job.fingerprint for job in source.confirming} if source is not None else set()
    confirmed = [outcome for outcome in outcomes if outcome.job.fingerprint in fresh]
    return confirmed or outcomes


def _found(plan: Plan, source: Source) -> Found:
    scored = tuple(source.scored())
    seeds = plan.search.seeds.argument if plan.search is not None else ""
    return Found(scored, plan.objectives, seeds, bool(source.confirming))


def _drive(driver: Driver, screen: Screen) -> list[int]:
    taken = 0
    with _noted() as arrived:
        while driver.tick():
            for number in arrived[taken:]:
                taken += 1
                if driver.stopping or number != signal.SIGINT or driver.draining:
                    driver.stop()
                    screen.say("stopping: each run writes a snapshot and ends")
                else:
                    driver.drain()
                    left = len(driver.executing)
                    screen.say(f"letting {left} runs come to their end; Ctrl-C again stops them")
            screen.refresh()
            pause()
    return arrived


def _left(plan: Plan, source: Source | None, outcomes: Sequence[Outcome]) -> bool:
    if source is not None and not source.exhausted:
        return True
    if plan.search is not None and source is not None:
        # Settings may fail; who searches wants to know that, too, and has found the others.
        if not source.scored():
            return True
        outcomes = _answering(source, outcomes) if source.confirming else ()
    return any(outcome.status is None or not outcome.status.is_end for outcome in outcomes)


def _interrupt(arrived: Sequence[int]) -> Interrupted:
    preempted = arrived[-1] == getattr(signal, "SIGUSR1", None)
    return Preempted() if preempted else Interrupted(arrived[-1])


def _status(left: bool, interrupt: Interrupted | None) -> MlflowStatus:
    if interrupt is not None:
        return "PREEMPTED" if isinstance(interrupt, Preempted) else "KILLED"
    return "FAILED" if left else "FINISHED"


def _experiment(plan: Plan) -> str:
    """Return the one experiment that MLflow shows all runs of a sweep in."""
    names = {str(job.plain["experiment_name"]) for job in plan.examples}
    return names.pop() if len(names) == 1 else plan.name


@contextmanager
def _noted() -> Iterator[list[int]]:
    """Note signals instead of obeying them; in the main thread only."""
    arrived: list[int] = []
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)):
            if signal.getsignal(number) != signal.SIG_IGN:
                before[number] = signal.signal(number, lambda got, _: arrived.append(got))
    try:
        yield arrived
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
