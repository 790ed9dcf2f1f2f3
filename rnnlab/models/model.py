"""What a task builds: a network from batches to outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import nn

from rnnlab.cells.base import Tree
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec
from rnnlab.models.output import Output


class Model(nn.Module, ABC):
    """A network for one mapping of one kind of data.

    Attributes:
        spec: The data it was built for.
    """

    spec: DataSpec

    @abstractmethod
    def forward(self, batch: Batch, state: Tree = None) -> Output:
        """Return scores or values for a batch, the true earlier targets being known.

        Args:
            batch: B examples.
            state: State carried from an earlier chunk (see ``Output.state``); None to start anew.
        """

    def init_state(self, batch_size: int) -> Tree:
        """Return the state before the first step of B examples; None if none is carried."""
        return None

    def engines(self) -> dict[str, str]:
        """Return which engine ran each recurrent layer, and why."""
        return {}
