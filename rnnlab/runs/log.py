"""The log of a run: ``log.txt`` in its folder."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from rnnlab.runs.folder import RunFolder


@contextmanager
def log_to(folder: RunFolder) -> Iterator[None]:
    """Write what rnnlab, Lightning and warnings say to the folder's log for the time of a run."""
    handler = logging.FileHandler(folder.log, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    loggers = [logging.getLogger(name) for name in ("rnnlab", "pytorch_lightning")]
    for each in loggers:
        each.addHandler(handler)
    logging.getLogger("rnnlab").setLevel(logging.INFO)
    # Lightning tells its news by INFO on the console; a run's console belongs to rnnlab.
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    # Lightning 2.6 uses a name that torch 2.13 deprecates; no user can do anything about it.
    warnings.filterwarnings("ignore", message=r"`isinstance\(treespec, LeafSpec\)`")
    try:
        yield
    finally:
        for each in loggers:
            each.removeHandler(handler)
        handler.close()
