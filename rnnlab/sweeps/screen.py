"""Where a sweep is watched: a table that is redrawn on a terminal, else a line for each event."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console, RenderableType
from rich.live import Live

from rnnlab.sweeps.board import Board
from rnnlab.sweeps.board_view import drawn, summary, told
from rnnlab.sweeps.outcome import Outcome

_EVERY = 1.0
_LINE_EVERY = 60.0


class Screen:
    """Shows a sweep while it is driven.

    Args:
        name: Of the sweep.
        board: How it stands.
        workers: How many runs are executed at a time.
        say: Prints a line, where there is no terminal.
    """

    def __init__(self, name: str, board: Board, workers: int, say: Callable[[str], None]) -> None:
        self._name, self._board, self._workers, self._say = name, board, workers, say
        console = Console(highlight=False)
        self._live = Live(console=console, auto_refresh=False) if sys.stdout.isatty() else None
        self._next = self._next_line = 0.0

    def __enter__(self) -> Screen:
        """Take the terminal."""
        if self._live is not None:
            self._live.start()
        self._next_line = time.monotonic() + _LINE_EVERY
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the terminal back, with the table as it was last."""
        if self._live is not None:
            self._live.update(self._drawn(), refresh=True)
            self._live.stop()
        else:
            self._say(self._summary())

    def say(self, line: str) -> None:
        """Show a line above the table."""
        if self._live is not None:
            self._live.console.print(line)
        else:
            self._say(line)

    def over(self, outcome: Outcome) -> None:
        """Show how a run came out."""
        if self._live is None:
            self._say(told(self._board.line(str(outcome.job))))

    def refresh(self) -> None:
        """Draw the table again, if it is time."""
        now = time.monotonic()
        if self._live is not None and now >= self._next:
            self._next = now + _EVERY
            self._live.update(self._drawn(), refresh=True)
        elif self._live is None and now >= self._next_line:
            self._next_line = now + _LINE_EVERY
            self._say(self._summary())

    def _drawn(self) -> RenderableType:
        return drawn(self._name, self._board.lines(), self._workers, self._board.total)

    def _summary(self) -> str:
        return summary(self._board.lines(), self._workers, self._board.total)
