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


def _interrupt(number: int, frame: FrameType | None) -> None:
    # The first signal unwinds; while it does, another must not cut the clean-up short.
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise Interrupted(number)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise :class:`Interrupted` where SIGINT or SIGTERM arrives; in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _interrupt) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class OwnSignalHandlers(pl.Callback):
    """Puts the handlers back after Lightning has set its own for the time of a fit."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Set the handlers, if :func:`interruptible` is around and this is the main thread."""
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                signal.signal(number, _interrupt)
