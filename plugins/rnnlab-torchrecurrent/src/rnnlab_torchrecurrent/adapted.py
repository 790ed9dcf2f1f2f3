"""What all cells of this package are: a cell of torchrecurrent inside a cell of rnnlab."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torchrecurrent.base import DecoupledDoubleStateCellBase, DecoupledSingleStateCellBase

from rnnlab.cells import Cell, Tree
from rnnlab.ranges import Range
from rnnlab_torchrecurrent.documentation import documentation
from rnnlab_torchrecurrent.signature import constructor, signature
from rnnlab_torchrecurrent.split import split


class Adapted(Cell[Tree]):
    """A cell whose step is the package's own code.

    A subclass names the package's class: ``class MGU(Adapted, of=torchrecurrent.MGUCell)``. Its
    constructor, with types, choices and ranges, and its documentation are made from that class.
    State: what the package's cell returns. Where its output does not recur (the package calls this
    decoupled), the state is (output, what recurs), for rnnlab reads outputs from states.

    Attributes:
        cell: The package's module, which holds all weights.
    """

    source: ClassVar[type[nn.Module]]

    def __init_subclass__(
        cls,
        of: type[nn.Module] | None = None,
        vectors: Collection[str] = (),
        extra: Mapping[str, int] | None = None,
        **ranges: Range,
    ) -> None:
        """Make the constructor and the documentation; see :func:`signature` for the arguments."""
        super().__init_subclass__()
        if of is None:
            return  # somebody's variant of one of these cells
        cls.source = of
        takes = signature(of, ranges, vectors, extra or {})
        cls.__init__ = constructor(cls.__init__, takes)  # type: ignore[method-assign]
        cls.__doc__ = documentation(cls.__doc__ or "", of.__doc__ or "", takes.parameters)

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, **arguments: Any
    ) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, hidden_size
        # The package's own default is the CPU, whatever torch's default device is.
        device = torch.get_default_device()
        cell = self.source(input_size, hidden_size, bias, device=device, **arguments)
        self.cell = cell.to(device)
        self.decoupled = isinstance(
            self.cell, DecoupledSingleStateCellBase | DecoupledDoubleStateCellBase
        )
        with torch.no_grad():
            first = self.cell(next(self.cell.parameters()).new_zeros(1, input_size))
        self._sizes = _map(lambda leaf: leaf.shape[1], first)
        self._early, self._late = split(self.cell)

    def init_state(self, batch_size: int) -> Tree:
        """Return zeros."""
        weight = next(self.cell.parameters())
        return _map(lambda size: weight.new_zeros(batch_size, size), self._sizes)

    def project(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return all that the package's step computes from the input alone, leaves ``(..., *)``."""
        rows = self._early(self.cell, x.reshape(-1, x.shape[-1]))
        return tuple(leaf.reshape(*x.shape[:-1], leaf.shape[-1]) for leaf in rows)

    def step(self, z: tuple[Tensor, ...], state: Tree) -> Tree:
        """Return the next state by the rest of the package's step."""
        following = self._late(self.cell, *z, state[1] if self.decoupled else state)
        # Under autocast products are bfloat16, and the state is not to become so.
        return _map(lambda new, old: new.to(old.dtype), following, state)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the generated functions, which cannot be pickled."""
        return {name: value for name, value in vars(self).items() if name not in _GENERATED}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Generate the functions again."""
        super().__setstate__(state)
        self._early, self._late = split(self.cell)


_GENERATED = ("_early", "_late")


def _map(function: Callable[..., Any], tree: Tree, *others: Tree) -> Tree:
    """Map over nested tuples, at a tenth of what a general tree costs in every step."""
    if isinstance(tree, tuple):
        return tuple(_map(function, *items) for items in zip(tree, *others, strict=True))
    return function(tree, *others)
