"""``rnnlab watch``: look on while a sweep is driven by another process, here or elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from rnnlab.sweeps.board import Board
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.screen import Screen
from rnnlab.sweeps.swept_run import SweptRun

_LOOK_EVERY = 0.2


def watch(sweep: SweepFolder, say: Callable[[str], None]) -> None:
    """Show how a sweep stands until it is over, or Ctrl-C.

    Args:
        sweep: The sweep; nothing in it is changed.
        say: Prints a line, where there is no terminal.

    Raises:
        StorageError: Its plan cannot be read.
    """
    read, plan = sweep.plan.stat().st_mtime_ns, sweep.read_plan()
    board = Board(_runs(sweep, plan), plan.get("total", 0))
    with Screen(plan["name"], board, plan["workers"], say) as screen, suppress(KeyboardInterrupt):
        while plan.get("goes_on", False) or not all(line.is_over for line in board.lines()):
            screen.refresh()
            time.sleep(_LOOK_EVERY)
            if (now := sweep.plan.stat().st_mtime_ns) != read:
                read, plan = now, sweep.read_plan()
                board.add(_runs(sweep, plan))
        board.total = 0


def _runs(sweep: SweepFolder, plan: dict[str, Any]) -> Iterator[tuple[str, SweptRun]]:
    return ((label, sweep.run(run["fingerprint"])) for label, run in plan["runs"].items())
