"""``rnnlab watch``: look on while a sweep is driven by another process, here or elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from rnnlab.sweeps.board import Board
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.screen import Screen

_LOOK_EVERY = 0.2


def watch(sweep: SweepFolder, say: Callable[[str], None]) -> None:
    """Show how a sweep stands until it is over, or Ctrl-C.

    Args:
        sweep: The sweep; nothing in it is changed.
        say: Prints a line, where there is no terminal.

    Raises:
        StorageError: Its plan cannot be read.
    """
    plan = sweep.read_plan()
    board = Board((label, sweep.run(run["fingerprint"])) for label, run in plan["runs"].items())
    with Screen(plan["name"], board, plan["workers"], say) as screen, suppress(KeyboardInterrupt):
        while not all(line.is_over for line in board.lines()):
            screen.refresh()
            time.sleep(_LOOK_EVERY)
