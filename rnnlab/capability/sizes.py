"""How many numbers a cell learns and carries."""

from __future__ import annotations

from rnnlab.capability.outcome import Sizes
from rnnlab.cells.base import Cell
from rnnlab.recurrence import tree


def sizes(cell: Cell) -> Sizes:
    """Return the sizes of a cell; its state's are those of one row."""
    learnt = [parameter for parameter in cell.parameters() if parameter.requires_grad]
    carried = tree.leaves(cell.init_state(1))
    return Sizes(
        input_size=cell.input_size,
        output_size=cell.output_size,
        parameters=sum(parameter.numel() for parameter in learnt),
        parameter_bytes=sum(parameter.nbytes for parameter in learnt),
        state=sum(leaf.numel() for leaf in carried),
        state_bytes=sum(leaf.nbytes for leaf in carried),
    )
