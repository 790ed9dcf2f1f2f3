"""SIGINT and SIGTERM end a training by an exception, so that its end can be recorded truly.

Lightning's own handlers turn SIGINT into exit status 1 and SIGTERM into exit status 0.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytorch_lightning as pl

from rnnlab.errors import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _FirstSignal:
    """Handles signals: the first unwinds; another must not cut the clean-up short.

    It remembers this itself, for Lightning puts old handlers back while it unwinds.
    """

    def __init__(self) -> None:
        self._arrived = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if not self._arrived:
            self._arrived = True
            raise Interrupted(number)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise :class:`Interrupted` where SIGINT or SIGTERM arrives; in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = _FirstSignal()
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


class OwnSignalHandlers(pl.Callback):
    """Puts the handlers back after Lightning has set its own for the time of a fit.

    Made inside :func:`interruptible`, whose handlers it takes.
    """

    def __init__(self) -> None:
        self._handlers = {number: signal.getsignal(number) for number in _SIGNALS}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Set the handlers, if this is the main thread."""
        if threading.current_thread() is threading.main_thread():
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
