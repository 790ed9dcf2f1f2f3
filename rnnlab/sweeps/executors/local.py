"""Processes on this machine, each forked from a server that has imported everything."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from rnnlab.sweeps.accelerators import VISIBLE, Accelerators
from rnnlab.sweeps.executors.executor import Ended, Executor, Work
from rnnlab.sweeps.workers import threads_of

_PRELOADED = "rnnlab.sweeps.worker"


class Local(Executor):
    """Executes runs in processes of this machine.

    Importing torch and Lightning takes seconds, once, in a server that computes nothing and has
    one thread; a process that is forked from it has everything at hand.

    Args:
        workers: How many runs at a time.
        accelerators: Those that the runs may use.
        threads: How many each may use; None for its share of the processors.
    """

    name = "local"

    def __init__(
        self, workers: int, accelerators: Accelerators, threads: int | None = None
    ) -> None:
        self._workers, self._accelerators = workers, accelerators
        self._threads = threads_of(workers) if threads is None else threads
        self._taken: dict[Path, list[str] | None] = {}
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([_PRELOADED])
        self._processes: dict[Path, ForkServerProcess] = {}

    @property
    def slots(self) -> int:
        """How many runs may be given to it at a time."""
        return self._workers

    def fits(self, work: Work) -> bool:
        """Return whether the accelerators that a run needs are free."""
        return self._accelerators.has(work.accelerators)

    def warm_up(self) -> None:
        """Let the server import everything now: the first run then need not wait for it."""
        process = self._context.Process(target=int)
        with _without_working_folder():
            process.start()
        process.join()
        process.close()

    def start(self, work: Work) -> None:
        """Begin to execute a run."""
        visible = self._taken[work.run] = self._accelerators.take(work.accelerators)
        process = self._context.Process(
            target=_run, args=(work, self._threads, visible), name=work.run.name
        )
        with _without_working_folder():
            process.start()
        self._processes[work.run] = process

    def ended(self) -> list[Ended]:
        """Return what has ended since the last call."""
        gone = [run for run, process in self._processes.items() if process.exitcode is not None]
        found = []
        for run in gone:
            process = self._processes.pop(run)
            found.append(Ended(run, process.exitcode))
            self._accelerators.give_back(self._taken.pop(run))
            process.close()
        return found

    def signal(self, run: Path, number: int) -> None:
        """Send the process of a run a signal; nothing happens where it has ended."""
        process = self._processes.get(run)
        if process is not None and process.exitcode is None and process.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, number)

    def close(self) -> None:
        """End what is left, at once."""
        for run in list(self._processes):
            self.signal(run, signal.SIGKILL)
        for process in self._processes.values():
            process.join()


def _run(work: Work, threads: int, visible: list[str] | None) -> None:
    """Execute a run in this process, which was forked for it."""
    os.setsid()  # Ctrl-C is for the driver, which then asks the runs
    threading.Thread(target=_leave_with_driver, daemon=True).start()
    if visible is not None:
        os.environ[VISIBLE] = ",".join(visible)
    import torch

    # At most: a small model takes one anyway, and who has set OMP_NUM_THREADS had a reason.
    torch.set_num_threads(min(threads, torch.get_num_threads()))
    from rnnlab.sweeps.worker import work as execute

    code = execute(work)
    # Readers of data and others' threads must not keep what has ended alive.
    os._exit(code)


def _leave_with_driver() -> None:
    driver = multiprocessing.parent_process()
    if driver is not None:
        driver.join()
        os.kill(os.getpid(), getattr(signal, "SIGUSR1", signal.SIGTERM))


@contextmanager
def _without_working_folder() -> Iterator[None]:
    """Start Python such that it imports no module that happens to lie in the working folder."""
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before
