"""What a recurrent cell is: one step of a recurrence, and nothing about time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from torch import Tensor, nn

from rnnlab.cells.retention import Retention
from rnnlab.ranges import Range

State = TypeVar("State")
"""Any tree of tensors (tensor, tuple, list, dict, NamedTuple), each leaf ``(B, ...)``."""

Tree = Any
"""A tree of tensors whose structure only its maker knows."""


class Cell(nn.Module, ABC, Generic[State]):
    r"""One step of a recurrence: :math:`s_t = step(project(x_t), s_{t-1})`.

    A subclass writes :meth:`init_state`, :meth:`step` and, where they help, :meth:`project`,
    :meth:`readout` and :meth:`gates`. Time, direction, lengths, resets, depth, dropout, speed and
    devices are :class:`rnnlab.recurrence.Recurrent`'s business.

    The contract: ``project`` and ``readout`` act on leading axes only, so that they can be called
    once for all T (``project(x)[:, t] == project(x[:, t])``); ``step`` is pure, keeps structure,
    shape and dtype of the state, and treats every row of the batch by itself.

    Attributes:
        input_size: F, the features of one input step.
        output_size: H, the size of what :meth:`readout` returns.
        gate_ranges: Between what each of the :meth:`gates` lies; 0 and 1 for those not named here.
        retention: Which gate multiplies the old state, so that it tells how long the state lasts;
            None where there is none.
        state_names: What the tensors of the state are called, in its order, for inspection; where
            empty, what the structure itself says (the keys of a dict), or h of a single tensor.
    """

    gate_ranges: ClassVar[Mapping[str, Range]] = {}
    retention: ClassVar[Retention | None] = None
    state_names: ClassVar[tuple[str, ...]] = ()

    input_size: int
    output_size: int

    @abstractmethod
    def init_state(self, batch_size: int) -> State:
        """Return the state before the first step, each leaf ``(B, ...)``, on the cell's device."""

    def project(self, x: Tensor) -> Tree:
        """Return what :meth:`step` needs of the input: ``(..., F)`` to a tree of ``(..., *)``."""
        return x

    @abstractmethod
    def step(self, z: Tree, state: State) -> State:
        """Return the next state; ``z`` is the projected input of this step, leaves ``(B, *)``."""

    def readout(self, state: State, z: Tree) -> Tensor:
        """Return the output ``(..., H)`` of a state ``(..., *)``; by default its first leaf."""
        leaf: Any = state
        while not isinstance(leaf, Tensor):
            leaf = next(iter(leaf.values())) if isinstance(leaf, dict) else leaf[0]
        return leaf

    def gates(self, z: Tree, state: State) -> dict[str, Tensor]:
        """Return named gate activations of one step, pure, for inspection; none by default."""
        return {}


class AffineCell(Cell[Tensor]):
    r"""A cell whose next state is affine in the last, element by element.

    .. math:: s_t = a_t \odot s_{t-1} + b_t

    Neither a nor b may depend on the state, so both are computed for all steps at once, and the
    ``scan`` engine runs the rest. The state is one tensor, real or complex.
    """

    @abstractmethod
    def coefficients(self, z: Tree) -> tuple[Tensor, Tensor]:
        """Return a and b, each ``(..., *)`` as the state ``(B, *)``; leading axes only, as project.

        Args:
            z: The projected input, leaves ``(..., *)``.
        """

    def step(self, z: Tree, state: Tensor) -> Tensor:
        """Return a * state + b."""
        a, b = self.coefficients(z)
        return a * state + b


class FusedCell(Cell[State]):
    """A cell for which torch has a kernel that runs the whole sequence on the same weights."""

    @abstractmethod
    def fused(self, x: Tensor, state: State, lengths: Tensor | None) -> tuple[Tensor, State]:
        """Run all steps with torch's kernel.

        Args:
            x: ``(B, T, F)``.
            state: The state before the first step.
            lengths: ``(B,)`` int64 valid steps of each row, all at least 1, or None for T.

        Returns:
            Output ``(B, T, H)``, zero in the padding, and the state after each row's last step.
        """
