"""What the class in each part of a config must derive from."""

from __future__ import annotations

from importlib import import_module

KINDS = {
    "cell": "rnnlab.cells.base:Cell",
    "task": "rnnlab.tasks.base:Task",
    "dataset": "rnnlab.data.dataset:Dataset",
    "backbone": "rnnlab.models.backbone:Backbone",
    "optimizer": "torch.optim:Optimizer",
    "scheduler": "torch.optim.lr_scheduler:LRScheduler",
    "callbacks": "pytorch_lightning:Callback",
}
"""The base class of what each part of a config builds."""


def base(slot: str) -> type:
    """Return the class that everything built in a slot derives from."""
    module, _, name = KINDS[slot].partition(":")
    kind: type = getattr(import_module(module), name)
    return kind
