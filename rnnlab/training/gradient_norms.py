"""Norms of gradients, updates and weights, for each parameter group, in few fused operations.

A parameter group is the module that owns the parameters: ``grad_norm/backbone.layers.0.cell`` is
the Euclidean norm of the gradients of that module's own parameters, all together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
        self._owner = torch.tensor([self.paths.index(owner) for owner in owners], dtype=torch.long)

    def gradient_norms(self) -> Tensor:
        """Return the norm of each parameter's gradient, ``(P,)``, zero where there is none."""
        present = [(i, p.grad) for i, p in enumerate(self.parameters) if p.grad is not None]
        norms = self.parameters[0].new_zeros(len(self.parameters))
        if present:
            places = torch.tensor([i for i, _ in present], device=norms.device)
            measured = torch.stack(torch._foreach_norm([gradient for _, gradient in present]))
            norms[places] = measured.to(norms.dtype)
        return norms

    def norms(self, tensors: Sequence[Tensor]) -> Tensor:
        """Return the norm of each of P tensors, ``(P,)``."""
        return torch.stack(torch._foreach_norm(list(tensors)))

    def by_path(self, norms: Tensor) -> dict[str, float]:
        """Return ``{"total": …, path: …}`` from the P norms of the parameters, ``(P,)``."""
        squares = norms.detach().double().cpu().square()
        sums = torch.zeros(len(self.paths), dtype=torch.double)
        sums.index_add_(0, self._owner, squares)
        values = dict(zip(self.paths, sums.sqrt().tolist(), strict=True))
        return {"total": float(squares.sum().sqrt()), **values}

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
        updates = self.by_path(self.norms(torch._foreach_sub(now, list(before))))
        weights = self.by_path(self.norms(before))
        return {path: updates[path] / weights[path] for path in updates if weights[path] > 0}


def prefixed(prefix: str, values: Mapping[str, float]) -> dict[str, float]:
    """Return ``values`` with ``prefix/`` before each name."""
    return {f"{prefix}/{name}": value for name, value in values.items()}
