"""One step of a cell and its adjoint as graphs, cut into what runs once and what runs in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch.fx import GraphModule


@dataclass(frozen=True)
class StepProgram:
    r"""A step :math:`s' = f(z, s; w)` and its derivatives, each a graph of ATen operations.

    A graph takes and returns flat lists of tensors. *Rows* are values whose first axis is the
    batch, and only the first: ``(B, ...)``, B symbolic: a graph also runs on ``(T*B, ...)``.
    *Constants* do not depend on the batch: what :attr:`prologue` makes of the weights. No other
    value crosses from one graph to another.

    With :math:`\lambda` the adjoint of the next state:

    Attributes:
        prologue: ``weights -> constants``, once for a sequence.
        forward: ``z, state, constants -> next state, saved``, for every step; saved are the rows
            that the adjoint and the gradients need beyond z and states.
        adjoint: ``z, state, next state, saved, constants, λ of the next state -> λ of the state,
            deferred``, for every step, backwards; all that must run in time.
        gradients: ``z, state, next state, saved, deferred, λ of the next state, constants,
            weights -> gradients of z, gradients of weights``, once for any number of steps folded
            into the rows, since it sums over rows. An output is None where there is no gradient.
        leaves: How many leaves of z, of the state, of weights and of constants there are, and how
            many rows are saved and deferred.
        reads: For :attr:`adjoint` and :attr:`gradients`, by name, the indices of their inputs (into
            the flat list above) that are read at all: the others may be given as None.
    """

    prologue: GraphModule
    forward: GraphModule
    adjoint: GraphModule
    gradients: GraphModule
    leaves: Leaves
    reads: dict[str, frozenset[int]]


@dataclass(frozen=True)
class Leaves:
    """How many tensors each part of a step has.

    Args:
        z: Of the projected input.
        state: Of the state.
        weights: Tensors that are the same for all rows: parameters, buffers, closed-over ones.
        constants: What the prologue makes of the weights.
        saved: Rows that the forward pass keeps for the backward pass.
        deferred: Rows that the adjoint leaves to the gradients.
    """

    z: int
    state: int
    weights: int
    constants: int
    saved: int
    deferred: int
