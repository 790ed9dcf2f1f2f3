"""Signals end a training by an exception, so that its end can be recorded truly.

SIGINT, SIGTERM and SIGHUP interrupt at once. SIGUSR1, and SIGTERM where that is wanted, say that
the machine is needed: the training writes a snapshot first, if it comes to the start of a batch
within the grace period. Lightning's own handlers turn SIGINT into exit status 1 and SIGTERM into
exit status 0.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import pytorch_lightning as pl

from rnnlab.errors import Interrupted, Preempted

_INTERRUPTING = (signal.SIGINT, signal.SIGTERM)
# Windows has none of these; there nothing pre-empts.
_HANGUP = getattr(signal, "SIGHUP", None)
_PREEMPTING = getattr(signal, "SIGUSR1", None)
_ALARM = getattr(signal, "SIGALRM", None)
_LOOK_AGAIN = 2.0
_SOON = 0.05
_DELICATE = ("importlib._bootstrap", "logging")


class Signals:
    """Handles signals: the first unwinds; another must not cut the clean-up short.

    It remembers this itself, for Lightning puts old handlers back while it unwinds.

    Args:
        preempt: Whether SIGTERM pre-empts, as SIGUSR1 always does.
        grace: Seconds that a training has for its snapshot.

    Attributes:
        wants_snapshot: Whether the training is to write a snapshot and call :meth:`leave`.
        arrived: What was raised, or None.
    """

    arrived: Interrupted | None = None

    def __init__(self, *, preempt: bool = False, grace: float = 20.0) -> None:
        self.preempt, self.grace = preempt, grace
        self.wants_snapshot = False
        self._snapshots = False
        self._delicate_below = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Take a signal.

        Raises:
            Interrupted: It ends the run.
            Preempted: It ends the run for a while.
        """
        if _delicate_frames(frame) > self._delicate_below:
            # An import or a log that is broken off leaves locks and half a module behind.
            _later(number)
            return
        if self.arrived is not None:
            # Python drops what is raised while it runs a destructor or a callback of its own.
            if not _unwinds():
                raise self.arrived
            return
        preempts = number == _PREEMPTING or (self.preempt and number == signal.SIGTERM)
        if self.wants_snapshot and preempts:
            return
        if preempts and self._snapshots and _ALARM is not None:
            self.wants_snapshot = True
            signal.setitimer(signal.ITIMER_REAL, self.grace)
            return
        if preempts or number == _ALARM:
            self.leave()
        self._raise(Interrupted(number))

    def leave(self) -> NoReturn:
        """End the run because it was asked to make room.

        Raises:
            Preempted: Always.
        """
        self._raise(Preempted())

    def _raise(self, interrupt: Interrupted) -> NoReturn:
        self.arrived = interrupt
        if _ALARM is not None and threading.current_thread() is threading.main_thread():
            # Looks again whether this was heard.
            signal.setitimer(signal.ITIMER_REAL, _LOOK_AGAIN, _LOOK_AGAIN)
        raise interrupt

    @contextmanager
    def snapshots(self) -> Iterator[None]:
        """Let a training that can write snapshots run: it is asked for one before it ends."""
        self._snapshots = True
        try:
            yield
        finally:
            self._snapshots = False
            if self.arrived is None:
                _stop_alarm()
        if self.wants_snapshot:
            # The training came to its end before it came to a batch.
            self.leave()

    def install(self) -> dict[int, object]:
        """Handle the signals, if this is the main thread; return the handlers of before."""
        if threading.current_thread() is not threading.main_thread():
            return {}
        # All this may itself be called by the import of somebody's script.
        self._delicate_below = _delicate_frames(sys._getframe())
        numbers = [n for n in (*_INTERRUPTING, _PREEMPTING, _ALARM) if n is not None]
        # Whoever starts a run with nohup wants it to outlive the terminal.
        if _HANGUP is not None and signal.getsignal(_HANGUP) != signal.SIG_IGN:
            numbers.append(_HANGUP)
        return {number: signal.signal(number, self) for number in numbers}


@contextmanager
def interruptible(signals: Signals | None = None) -> Iterator[Signals]:
    """Raise :class:`Interrupted` where a signal arrives; in the main thread only."""
    signals = signals or Signals()
    before = signals.install()
    try:
        yield signals
    finally:
        if before:
            _stop_alarm()
        for number, old in before.items():
            signal.signal(number, old)  # type: ignore[arg-type]


def _delicate_frames(frame: FrameType | None) -> int:
    """Return how many of the calls that lead here import a module or write to a log."""
    count = 0
    while frame is not None:
        count += frame.f_globals.get("__name__") in _DELICATE
        frame = frame.f_back
    return count


def _later(number: int) -> None:
    def send() -> None:
        # Without its handler an alarm of ours would kill the process that it was set for.
        if number != _ALARM or signal.getsignal(number) is not signal.SIG_DFL:
            os.kill(os.getpid(), number)

    again = threading.Timer(_SOON, send)
    again.daemon = True
    again.start()


def _unwinds() -> bool:
    """Return whether the code that a signal has interrupted is cleaning up after another one."""
    error = sys.exc_info()[1]
    while error is not None and not isinstance(error, Interrupted):
        error = error.__context__
    return error is not None


def _stop_alarm() -> None:
    if _ALARM is not None and threading.current_thread() is threading.main_thread():
        signal.setitimer(signal.ITIMER_REAL, 0)


class OwnSignalHandlers(pl.Callback):
    """Puts the handlers back after Lightning has set its own for the time of a fit.

    Args:
        signals: The handler.
    """

    def __init__(self, signals: Signals) -> None:
        self._signals = signals

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Set the handlers, if this is the main thread."""
        self._signals.install()
