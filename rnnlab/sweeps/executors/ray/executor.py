"""Gives the runs of a sweep to seats on a Ray cluster."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rnnlab.errors import StorageError, one_line
from rnnlab.sweeps.executors.executor import Ended, Executor, Work
from rnnlab.sweeps.executors.ray import seat as seat_module
from rnnlab.sweeps.executors.ray.cluster import Cluster
from rnnlab.sweeps.executors.ray.demand import Demand, capacity
from rnnlab.sweeps.folder import SweepFolder

_IDLE = 5.0
_LOOK_AT_NODES_EVERY = 2.0
_ROUNDS = 3
_PATIENCE = 10.0


@dataclass(eq=False)
class _Seat:
    """A seat as the driver sees it: it is being opened, idle, or executes a run.

    Args:
        actor: Ray's handle.
        demand: What it holds.
        opening: Ray's promise that it can execute runs; None once it can.
        lasting: Ray's promise of its end.
        run: What it executes.
        ending: Ray's promise of how that ends.
    """

    actor: Any
    demand: Demand
    opening: Any
    lasting: Any = None
    run: Path | None = None
    ending: Any = None
    since: float = field(default_factory=time.monotonic)

    @property
    def is_idle(self) -> bool:
        return self.opening is None and self.run is None


class OnRay(Executor):
    """Executes runs on the machines of a Ray cluster.

    Ray counts what a seat holds, hides accelerators that are another's, and starts nothing again:
    a run that is lost with its machine is taken over as the ledger of the sweep says.

    Args:
        cluster: Where.
        demand: Says what a run takes.
        demands: All that occur.
        workers: How many runs at a time; None for as many as the cluster holds, as nodes come and
            go.
        runs: How many there are in all.
        sweep: The folder of the sweep.
    """

    name = "ray"

    def __init__(
        self,
        cluster: Cluster,
        demand: Callable[[Work], Demand],
        demands: Collection[Demand],
        workers: int | None,
        runs: int,
        sweep: SweepFolder,
    ) -> None:
        self._cluster, self._ray, self._sweep = cluster, cluster.ray, sweep
        self._demand, self._demands = demand, demands
        self._workers, self._runs = workers, runs
        self._ray.cloudpickle.register_pickle_by_value(seat_module)
        self._actor = self._ray.remote(seat_module.Seat)
        self._seats: list[_Seat] = []
        self._asked = self._looked = self._refused = float("-inf")
        self._holds = self._refusals = 0

    @property
    def slots(self) -> int:
        """How many runs may be given to it at a time."""
        now = time.monotonic()
        if self._workers is None and now > self._looked + _LOOK_AT_NODES_EVERY:
            self._looked = now
            self._holds = capacity(self._demands, self._cluster.nodes())
        return min(self._runs, self._holds if self._workers is None else self._workers)

    def fits(self, work: Work) -> bool:
        """Return whether a seat is ready; where none is, ask Ray for one.

        Raises:
            StorageError: The cluster's machines cannot execute runs.
        """
        self._asked = time.monotonic()
        self._settle()
        demand = self._demand(work)
        if self._idle(demand) is not None:
            return True
        for seat in [seat for seat in self._seats if seat.run is None and seat.demand != demand]:
            self._dismiss(seat)  # what it holds may be what is lacking
        if len(self._seats) < self.slots:
            self._seats.append(self._new(demand))
        return False

    def start(self, work: Work) -> None:
        """Begin to execute a run, for which :meth:`fits` has just found a seat."""
        seat = self._idle(self._demand(work))
        assert seat is not None, "fits was not asked"
        seat.run = work.run
        seat.ending = seat.actor.execute.remote(str(work.run), work.after, work.beat)

    def ended(self) -> list[Ended]:
        """Return what has ended since the last call."""
        self._settle()
        executing = [seat for seat in self._seats if seat.run is not None]
        found = []
        for seat in self._ready(executing, "ending"):
            code = None
            with suppress(self._ray.exceptions.RayError):
                code = self._ray.get(seat.ending)
            assert seat.run is not None
            found.append(Ended(seat.run, code))
            seat.run = seat.ending = None
            seat.since = time.monotonic()
            if code is None:
                self._dismiss(seat)
        for seat in list(self._seats):
            if seat.run is None and time.monotonic() > max(seat.since, self._asked) + _IDLE:
                self._dismiss(seat)  # others may need what it holds
        return found

    def signal(self, run: Path, number: int) -> None:
        """Send the process of a run a signal; nothing happens where it has ended."""
        for seat in self._seats:
            if seat.run == run:
                seat.actor.signal.remote(number)

    def close(self) -> None:
        """End what is left, at once, and leave the cluster as it was."""
        executing = [seat for seat in self._seats if seat.run is not None]
        for seat in executing:
            assert seat.run is not None
            self.signal(seat.run, getattr(signal, "SIGKILL", signal.SIGTERM))
        if executing:
            endings = [seat.ending for seat in executing]
            self._ray.wait(endings, num_returns=len(endings), timeout=_PATIENCE)
        for seat in list(self._seats):
            self._dismiss(seat)
        self._cluster.leave()
        for log in (self._sweep.path / "executor").glob("*.txt"):
            with suppress(OSError):
                if not log.stat().st_size:
                    log.unlink()

    def _idle(self, demand: Demand) -> _Seat | None:
        fitting = (seat for seat in self._seats if seat.is_idle and seat.demand == demand)
        return next(fitting, None)

    def _new(self, demand: Demand) -> _Seat:
        names = ("PYTHONPATH",) if "PYTHONPATH" in os.environ else ()
        environment = {name: os.environ[name] for name in names}
        if not demand.amount("GPU"):
            environment["CUDA_VISIBLE_DEVICES"] = ""
        threads = max(1, int(demand.amount("CPU")))
        actor = self._actor.options(**demand.options(), max_restarts=0, max_task_retries=0).remote(
            str(self._sweep.path), os.getcwd(), threads, environment
        )
        return _Seat(actor, demand, actor.open.remote())

    def _settle(self) -> None:
        """See which seats can execute runs now, and which are no more."""
        for seat in self._ready([seat for seat in self._seats if seat.opening], "opening"):
            try:
                why = self._ray.get(seat.opening)
            except self._ray.exceptions.RayError as error:
                why = str(error).strip().partition("\n")[0]
            if why is None:
                self._refusals = 0
                seat.opening, seat.since = None, time.monotonic()
                seat.lasting = seat.actor.last.remote()
            else:
                self._dismiss(seat)
                self._take_refusal(seat, why)
        for seat in self._ready([seat for seat in self._seats if seat.is_idle], "lasting"):
            self._dismiss(seat)

    def _take_refusal(self, seat: _Seat, why: str) -> None:
        # One after the other: many at once may be the fault of one machine that has just gone.
        if seat.since >= self._refused:
            self._refused = time.monotonic()
            self._refusals += 1
        if self._refusals >= _ROUNDS:
            raise StorageError(one_line(f"the Ray cluster cannot execute runs: {why}"))

    def _ready(self, seats: list[_Seat], promise: str) -> list[_Seat]:
        by_promise = {getattr(seat, promise): seat for seat in seats}
        if not by_promise:
            return []
        ready, _ = self._ray.wait(list(by_promise), num_returns=len(by_promise), timeout=0)
        return [by_promise[each] for each in ready]

    def _dismiss(self, seat: _Seat) -> None:
        self._seats.remove(seat)
        with suppress(self._ray.exceptions.RayError):
            self._ray.kill(seat.actor)
