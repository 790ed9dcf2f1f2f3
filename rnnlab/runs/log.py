"""The log of a run: ``log.txt`` in its folder."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from rnnlab.runs.folder import RunFolder
from rnnlab.warned import warnings_shown


@contextmanager
def log_to(folder: RunFolder) -> Iterator[None]:
    """Write what rnnlab and Lightning say to the folder's log for the time of a run.

    Warnings of rnnlab's own are shown too; errors are shown where the command ends.
    """
    handler = _LogFile(folder.log, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    loggers = [logging.getLogger(name) for name in ("rnnlab", "pytorch_lightning")]
    for each in loggers:
        each.addHandler(handler)
    logging.getLogger("rnnlab").setLevel(logging.INFO)
    # Lightning asks for a loader with a state; ours is told where to start.
    warnings.filterwarnings("ignore", message=".*ended before the epoch ended")
    # rnnlab starts the processes of a run itself, in a job of Slurm's too.
    warnings.filterwarnings("ignore", message="The `srun` command is available")
    # Lightning 2.6 uses a name that torch 2.13 deprecates; no user can do anything about it.
    warnings.filterwarnings("ignore", message=r"`isinstance\(treespec, LeafSpec\)`")
    try:
        with warnings_shown():
            yield
    finally:
        for each in loggers:
            each.removeHandler(handler)
        handler.close()


class _LogFile(logging.FileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Lose what a full disk does not take: the run has worse to tell, and tells it."""
