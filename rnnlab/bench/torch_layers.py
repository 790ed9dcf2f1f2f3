"""The candidates that run in torch: rnnlab's engines and torch's own modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn

from rnnlab.bench.candidate import Array
from rnnlab.bench.case import Case
from rnnlab.bench.memory import allocated_bytes, resident_bytes
from rnnlab.cells.base import Cell
from rnnlab.recurrence import Recurrent
from rnnlab.recurrence.engines import ENGINES


class TorchLayer:
    """A layer of torch's, batch-first, that returns its output first.

    Args:
        name: What the tables call it.
        layer: The layer.
        case: What to compute.
    """

    def __init__(self, name: str, layer: nn.Module, case: Case) -> None:
        self.name, self._layer, self._case = name, layer, case
        learnt = [weight for weight in layer.parameters() if weight.requires_grad]
        self._wanted = [case.x, *learnt]

    def forward(self) -> Tensor:
        """Compute the output without a graph; see :class:`Candidate`."""
        with torch.no_grad():
            output: Tensor = self._layer(self._case.x)[0]
        _wait(output)
        return output

    def forward_backward(self) -> tuple[Tensor, tuple[Tensor | None, ...]]:
        """Compute output and gradients; see :class:`Candidate`."""
        output: Tensor = self._layer(self._case.x)[0]
        gradients = torch.autograd.grad(
            output, self._wanted, self._case.cotangent, allow_unused=True
        )
        _wait(output)
        return output, gradients

    def results(self) -> tuple[Array, Array]:
        """Return output and gradient by the input; see :class:`Candidate`."""
        output, (gradient, *_) = self.forward_backward()
        by_input = torch.zeros_like(self._case.x) if gradient is None else gradient
        return output.detach().cpu().numpy(), by_input.cpu().numpy()

    def allocated_bytes(self) -> int | None:
        """Return the peak of torch's allocator; see :class:`Candidate`."""
        return allocated_bytes(self.forward_backward, self._case.x.device)

    def resident_bytes(self) -> int | None:
        """Return the peak of the process's memory, on the CPU; see :class:`Candidate`."""
        on_cpu = self._case.x.device.type == "cpu"
        return resident_bytes(self.forward_backward) if on_cpu else None


def engine(name: str, case: Case) -> TorchLayer:
    """Return the candidate that runs the cell with an engine."""
    return TorchLayer(name, Recurrent(case.cell, name), case)


def torch_module(cell: Cell) -> nn.RNNBase | None:
    """Return torch's own module with a copy of a cell's weights, or None where there is none."""
    if ENGINES["fused"].cell_refusal(cell) is not None or not hasattr(cell, "to_torch"):
        return None
    make = cast("Callable[[], object]", cell.to_torch)
    module = make()
    return module if isinstance(module, nn.RNNBase) else None


def _wait(output: Tensor) -> None:
    if output.device.type != "cpu":
        torch.accelerator.synchronize(output.device)
