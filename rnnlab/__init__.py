"""rnnlab: a laboratory for recurrent networks.

The names below are imported when they are first used: ``import rnnlab`` alone imports no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rnnlab.version import __version__ as __version__

if TYPE_CHECKING:
    from rnnlab.cells import GRU, LSTM, RNN, Cell, FusedCell, Jordan
    from rnnlab.config.compose import compose
    from rnnlab.data.batch import Batch
    from rnnlab.data.dataset import Dataset
    from rnnlab.data.spec import DataSpec, Field
    from rnnlab.models.backbone import Backbone
    from rnnlab.ranges import Range
    from rnnlab.recurrence import Bidirectional, Recurrent, Stack
    from rnnlab.runs.train import train
    from rnnlab.tasks.base import Task

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Backbone",
    "Batch",
    "Bidirectional",
    "Cell",
    "DataSpec",
    "Dataset",
    "Field",
    "FusedCell",
    "Jordan",
    "Range",
    "Recurrent",
    "Stack",
    "Task",
    "compose",
    "train",
]

_HOMES = {
    "rnnlab.cells": ("GRU", "LSTM", "RNN", "Cell", "FusedCell", "Jordan"),
    "rnnlab.config.compose": ("compose",),
    "rnnlab.data.batch": ("Batch",),
    "rnnlab.data.dataset": ("Dataset",),
    "rnnlab.data.spec": ("DataSpec", "Field"),
    "rnnlab.models.backbone": ("Backbone",),
    "rnnlab.ranges": ("Range",),
    "rnnlab.recurrence": ("Bidirectional", "Recurrent", "Stack"),
    "rnnlab.runs.train": ("train",),
    "rnnlab.tasks.base": ("Task",),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'rnnlab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
