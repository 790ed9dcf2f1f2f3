"""What every cell promises, as a suite that the author of a cell inherits."""

from __future__ import annotations

from rnnlab.testing.cells.affine import AffineRules
from rnnlab.testing.cells.arguments import ArgumentRules
from rnnlab.testing.cells.copies import CopyRules
from rnnlab.testing.cells.devices import DeviceRules
from rnnlab.testing.cells.form import FormRules
from rnnlab.testing.cells.gates import GateRules
from rnnlab.testing.cells.gradients import GradientRules
from rnnlab.testing.cells.purity import PurityRules
from rnnlab.testing.cells.time import TimeRules


class CellContract(
    FormRules,
    PurityRules,
    AffineRules,
    TimeRules,
    GradientRules,
    CopyRules,
    DeviceRules,
    GateRules,
    ArgumentRules,
):
    """Everything that rnnlab relies on in a cell.

    Subclass it in a test file under a name ``Test…`` and write ``make_cell``; pytest and
    :func:`rnnlab.testing.run` then find the rules. Make the cell small: 4 units will do.

    Every constructor argument is tried with other values of its type. Where they cannot be guessed,
    ``other_values = {"name": value}`` in the subclass gives one; ``beside`` gives the arguments
    without which another has no effect.

    A cell in evaluation mode must be a function of its inputs and weights. In training mode it may
    draw at random (dropout, zoneout), by torch's generator. A rule that a cell breaks on purpose
    is left out by setting it to None in the subclass, beside the reason::

        test_gradcheck = None  # a straight-through estimator: its gradient is no derivative

    Example:
        >>> from rnnlab.cells import LSTM
        >>> class TestLSTM(CellContract):
        ...     def make_cell(self, input_size, **arguments):
        ...         return LSTM(input_size, **{"hidden_size": 4, **arguments})
    """
