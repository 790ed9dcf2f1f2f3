"""The process that sends to MLflow, seen from the process that trains."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from rnnlab.tracking.exchange import DELETED, OTHER, REFUSED, Ended, Exchange
from rnnlab.tracking.lookup import Deleted
from rnnlab.tracking.refusal import Refusal

_COMMAND = [sys.executable, "-P", "-m", "rnnlab.tracking.sender"]
_PATIENCE = 5.0


class Failure(Exception):
    """Something went wrong in the sender; the message is that of the error there."""


class SenderGone(Exception):
    """The sender has ended: another one can do what this one was asked for."""


_KINDS: dict[str, type[Exception]] = {DELETED: Deleted, REFUSED: Refusal, OTHER: Failure}


class SenderProcess:
    """A process that does one thing after another in MLflow; it starts at once.

    One thread asks; any thread may end it.
    """

    def __init__(self) -> None:
        # A session of its own: what is sent to the trainer's process group is for the trainer.
        self._process = subprocess.Popen(
            _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._exchange = Exchange(cast(Any, self._process.stdout), cast(Any, self._process.stdin))
        self._greeted = False
        # Held while somebody uses the pipes, which may not be closed then.
        self._asking = threading.RLock()
        self.gone = False

    def ask(self, what: str, *arguments: Any, proceed: Callable[[], None] = lambda: None) -> Any:
        """Have something done and return what comes of it.

        Args:
            what: ``open``, or a method of :class:`MlflowRun`.
            arguments: Plain values.
            proceed: Called when the sender asks whether to go on; what it raises ends the sender.

        Raises:
            Deleted: As in the sender.
            Refusal: MLflow found the content wrong.
            Failure: Anything else went wrong there.
            SenderGone: It has ended, or was ended, and may have done it or not.
        """
        with self._asking:
            try:
                kind, *answer = self._answer(what, arguments, proceed)
            except Ended:
                self.end()
                raise SenderGone(self._how_it_ended()) from None
            except BaseException:
                # The answer would be taken for that to the next request.
                self.end()
                raise
        if kind == "done":
            return answer[0]
        raise _KINDS[answer[0]](answer[1])

    def end(self) -> None:
        """End it, whatever it is doing; ending it twice is harmless."""
        self.gone = True
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        # Whoever waits for an answer has heard of its end.
        if self._asking.acquire(timeout=_PATIENCE):
            try:
                self._exchange.close()
            finally:
                self._asking.release()

    def _answer(
        self, what: str, arguments: tuple[Any, ...], proceed: Callable[[], None]
    ) -> tuple[Any, ...]:
        if self.gone:
            raise Ended
        self._exchange.tell(what, *arguments)
        if not self._greeted:
            self._exchange.wait_for_greeting()
            self._greeted = True
        while True:
            message = self._exchange.hear()
            if message[0] == "log":
                _, name, level, text = message
                logging.getLogger(name).log(level, "%s", text)
            elif message[0] == "proceed":
                proceed()
                self._exchange.tell("go")
            else:
                return message

    def _how_it_ended(self) -> str:
        code = self._process.returncode
        if code is None:
            return "the process that sends to it does not answer"
        if code >= 0:
            return f"the process that sends to it has ended with exit code {code}"
        try:
            name = signal.Signals(-code).name
        except ValueError:  # a real-time signal
            name = f"signal {-code}"
        return f"the process that sends to it was killed by {name}"
