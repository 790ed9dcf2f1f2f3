"""Running a cell over time: direction, depth, lengths, resets and engines."""

from rnnlab.recurrence.bidirectional import Bidirectional
from rnnlab.recurrence.layer import Layer, engines_used
from rnnlab.recurrence.recurrent import Recurrent
from rnnlab.recurrence.stack import Stack

__all__ = ["Bidirectional", "Layer", "Recurrent", "Stack", "engines_used"]
