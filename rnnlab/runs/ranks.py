"""Which rank of a run this process is, as the process that started it has said."""

from __future__ import annotations

import os
from typing import Any

from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from pytorch_lightning.strategies import DDPStrategy

RANK, PROCESSES = "RNNLAB_RANK", "RNNLAB_PROCESSES"


def rank() -> int:
    """Return this process's rank, 0 where there is one process."""
    return int(os.environ.get(RANK, "0"))


def processes() -> int:
    """Return how many processes train together."""
    return int(os.environ.get(PROCESSES, "1"))


def strategy(name: str) -> DDPStrategy:
    """Return Lightning's strategy for processes that were started already.

    Args:
        name: ``auto``, ``ddp`` or ``ddp_find_unused_parameters_true``.
    """
    unused = name == "ddp_find_unused_parameters_true"
    return DDPStrategy(cluster_environment=_StartedByRnnlab(), find_unused_parameters=unused)


class _StartedByRnnlab(LightningEnvironment):
    """Lightning would start the command again for each rank; a rank executes the run folder."""

    @property
    def creates_processes_externally(self) -> bool:
        return True

    def local_rank(self) -> int:
        return rank()

    def global_rank(self) -> int:
        return rank()

    def world_size(self) -> int:
        return processes()

    def node_rank(self) -> int:
        return 0

    def set_global_rank(self, rank: int) -> None:
        return

    def set_world_size(self, size: int) -> None:
        return

    def teardown(self) -> Any:
        return
