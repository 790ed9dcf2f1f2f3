"""Norms of gradients, updates and weights, for each parameter group, in few fused operations.

A parameter group is the module that owns the parameters: ``grad_norm/backbone.layers.0.cell`` is
the Euclidean norm of the gradients of that module's own parameters, all together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

import torch
from torch import Tensor, nn


class ParameterGroups:
    """The trainable parameters of a model, grouped by the module that owns them.

    Args:
        model: Any module; parameters that share a tensor count once, where they come first.
    """

    def __init__(self, model: nn.Module) -> None:
        named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        self.names = [name for name, _ in named]
        self.parameters = [parameter for _, parameter in named]
        owners = [name.rpartition(".")[0] or "model" for name in self.names]
        self.paths = list(dict.fromkeys(owners))
        self._owners = owners

    def gradients(self) -> list[Tensor]:
        """Return the gradients that there are."""
        return [p.grad for p in self.parameters if p.grad is not None]

    def gradient_norms(self, gradients: Sequence[Tensor]) -> Tensor:
        """Return the norm of each parameter's gradient, ``(P,)``, zero where there is none.

        Args:
            gradients: What :meth:`gradients` returned.
        """
        if len(gradients) == len(self.parameters):
            return self.norms(gradients)
        norms = self.parameters[0].new_zeros(len(self.parameters))
        if gradients:
            present = [i for i, p in enumerate(self.parameters) if p.grad is not None]
            places = torch.tensor(present, device=norms.device)
            norms[places] = self.norms(gradients).to(norms.dtype)
        return norms

    def norms(self, tensors: Sequence[Tensor]) -> Tensor:
        """Return the norm of each of P tensors, ``(P,)``."""
        return torch.stack(torch._foreach_norm(list(tensors)))

    def by_path(self, norms: Sequence[float]) -> dict[str, float]:
        """Return ``{"total": …, path: …}`` from the P norms of the parameters."""
        # Plain numbers: for the few groups that there are, tensors take ten times as long.
        sums = dict.fromkeys(self.paths, 0.0)
        for owner, norm in zip(self._owners, norms, strict=True):
            sums[owner] += norm * norm
        values = {path: sqrt(square) for path, square in sums.items()}
        return {"total": sqrt(sum(sums.values())), **values}

    def first_non_finite(self, norms: Tensor) -> str | None:
        """Return the name of the first parameter whose norm is NaN or infinite, or None."""
        bad = (~torch.isfinite(norms)).nonzero()
        return self.names[int(bad[0])] if len(bad) else None

    def snapshot(self) -> list[Tensor]:
        """Return copies of all parameters."""
        return [parameter.detach().clone() for parameter in self.parameters]

    def update_ratios(self, before: Sequence[Tensor]) -> dict[str, float]:
        """Return norm of the update over norm of the weights since ``before``, by path.

        A group whose weights were all zero is left out: its ratio is not defined.
        """
        now = [parameter.detach() for parameter in self.parameters]
        changes = self.norms(torch._foreach_sub(now, list(before)))
        both: list[list[float]] = torch.stack([changes, self.norms(before)]).tolist()
        updates, weights = (self.by_path(norms) for norms in both)
        return {path: updates[path] / weights[path] for path in updates if weights[path] > 0}


def prefixed(prefix: str, values: Mapping[str, float]) -> dict[str, float]:
    """Return ``values`` with ``prefix/`` before each name."""
    return {f"{prefix}/{name}": value for name, value in values.items()}
