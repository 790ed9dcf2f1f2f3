"""What a task mapping is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from rnnlab.cells.base import Tree
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec
from rnnlab.models.backbone import BackboneFactory
from rnnlab.models.model import Model
from rnnlab.models.output import Output
from rnnlab.tasks.scores import Scores


@dataclass(frozen=True)
class Loss:
    """A loss as a sum over valid elements and their number, so that processes can add both.

    Args:
        total: Scalar, the sum over valid elements.
        count: Scalar, how many there were (not differentiable).
    """

    total: Tensor
    count: Tensor

    @property
    def mean(self) -> Tensor:
        """The loss per valid element; zero when there is none."""
        return self.total / self.count.clamp(min=1)


class Task(ABC):
    """A mapping from inputs to targets: what it takes, builds, minimises, measures and answers.

    Attributes:
        truncation_refusal: Why truncated backpropagation through time makes no sense here, or
            None where it does.
    """

    truncation_refusal: ClassVar[str | None] = None

    @abstractmethod
    def refusal(self, spec: DataSpec) -> str | None:
        """Return why this task cannot take such data, in a few words, or None if it can."""

    @abstractmethod
    def build_model(self, spec: DataSpec, backbone: BackboneFactory) -> Model:
        """Return the network for such data.

        Raises:
            ConfigError: The backbone does not fit the mapping.
        """

    @abstractmethod
    def loss(self, output: Output, batch: Batch) -> Loss:
        """Return the loss of ``output.values`` against ``batch.target``."""

    @abstractmethod
    def scores(self, spec: DataSpec) -> Scores:
        """Return new, empty metrics for such data; baselines are measured with them too."""

    @abstractmethod
    def monitor(self, spec: DataSpec) -> tuple[str, str]:
        """Return the validation score that picks the best checkpoint, and ``min`` or ``max``."""

    def evaluate(self, model: Model, batch: Batch, state: Tree = None) -> Output:
        """Return what validation and test scores are computed on; decoders run freely here."""
        output: Output = model(batch, state)
        return output

    @abstractmethod
    def predict(self, model: Model, batch: Batch) -> list[dict[str, Any]]:
        """Return one row of plain values for each example, in the units and names of the data."""

    def on_epoch(self, epoch: int) -> None:
        """Learn that training epoch ``epoch`` (from 0) begins; for schedules such as sampling."""
        return
