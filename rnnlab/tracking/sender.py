"""Do in MLflow what a run's process asks for: ``python -m rnnlab.tracking.sender``.

Started by :mod:`rnnlab.tracking.sender_process` only. MLflow takes some fifty microseconds of
Python a point, which a training would wait for in its own process.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
import traceback
from queue import SimpleQueue
from typing import Any

from rnnlab.tracking.exchange import DELETED, OTHER, REFUSED, Ended, Exchange
from rnnlab.tracking.lookup import Deleted
from rnnlab.tracking.mlflow_run import MlflowRun
from rnnlab.tracking.opening import open_run
from rnnlab.tracking.points import Point
from rnnlab.tracking.refusal import is_refusal
from rnnlab.tracking.store import SPOOL_THREAD

# They are for the trainer, which ends this process when all has been sent.
_NOT_OURS = ("SIGINT", "SIGHUP", "SIGTERM", "SIGUSR1")
_LOOK_EVERY = 1.0


class Sender:
    """Does one thing after another, and answers.

    Args:
        exchange: Takes the answers.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._asked: SimpleQueue[tuple[Any, ...]] = SimpleQueue()
        self._run: MlflowRun | None = None

    def take(self, message: tuple[Any, ...]) -> None:
        """Have a message dealt with after all before it."""
        self._asked.put(message)

    def work(self) -> None:
        """Deal with what comes; without end.

        Raises:
            Ended: Nobody hears the answers.
        """
        while True:
            what, *arguments = self._asked.get()
            try:
                done = self._do(what, arguments)
            except Ended:
                raise
            # A library may leave by sys.exit, too.
            except BaseException as error:
                self._exchange.tell("failed", _kind(error), str(error) or type(error).__name__)
            else:
                self._exchange.tell("done", done)

    def _do(self, what: str, arguments: list[Any]) -> str | None:
        if what == "open":
            uri, experiment, name, run_id, key, start_time = arguments
            self._run = open_run(
                uri,
                experiment,
                name,
                run_id,
                key=key,
                start_time=start_time,
                proceed=self._proceed,
            )
            return self._run.run_id
        if what == "log_points":
            arguments = [[Point(*fields) for fields in arguments[0]]]
        getattr(self._run, what)(*arguments)
        return None

    def _proceed(self) -> None:
        """Ask whether to go on; where that is not wanted this process is ended."""
        self._exchange.tell("proceed")
        self._asked.get()


def _kind(error: BaseException) -> str:
    if isinstance(error, Deleted):
        return DELETED
    return REFUSED if is_refusal(error) else OTHER


class _Forwarding(logging.Handler):
    """Has the run's process log what is logged here."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self._exchange = exchange

    def emit(self, record: logging.LogRecord) -> None:
        self._exchange.tell("log", record.name, record.levelno, record.getMessage())


def main() -> None:
    """Serve until the other side is gone."""
    for name in _NOT_OURS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    exchange = _private_exchange()
    exchange.greet()
    own = logging.getLogger("rnnlab")
    own.addHandler(_Forwarding(exchange))
    own.setLevel(logging.INFO)
    own.propagate = False
    sender = Sender(exchange)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Of this name, so that what MLflow prints of errors that it raises as well stays unprinted.
    threading.Thread(target=_work, args=(sender,), name=SPOOL_THREAD, daemon=True).start()
    try:
        while True:
            sender.take(exchange.hear())
    except Ended:
        _end()


def _private_exchange() -> Exchange:
    """Take the pipes away from standard input and output, which any library may use."""
    heard, told = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return Exchange(os.fdopen(heard, "rb"), os.fdopen(told, "wb"))


def _work(sender: Sender) -> None:
    try:
        sender.work()
    except Ended:
        _end()
    except BaseException:
        # Whoever waits for an answer would wait for ever.
        traceback.print_exc()
        _end(1)


def _end_with_parent() -> None:
    # A process that the trainer has forked, to read data, may keep the pipe open after its death.
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    _end()


def _end(code: int = 0) -> None:
    # At once, whatever the other thread is waiting for.
    os._exit(code)


if __name__ == "__main__":
    main()
