"""Running a cell over time: direction, depth, lengths, resets and engines.

>>> import torch
>>> from rnnlab.cells import GRU, LSTM
>>> from rnnlab.recurrence import Bidirectional, Recurrent, Stack
>>> bottom = Bidirectional(Recurrent(LSTM(3, 8)), Recurrent(LSTM(3, 8), reverse=True))
>>> network = Stack([bottom, Recurrent(GRU(16, 8))], dropout=0.1)
>>> output, state = network(torch.randn(2, 5, 3), lengths=torch.tensor([5, 3]))
>>> output.shape
torch.Size([2, 5, 8])
>>> network.engines()["layers.1"]
'fused (torch has a kernel for this cell)'
"""

from rnnlab.recurrence.bidirectional import Bidirectional
from rnnlab.recurrence.layer import Layer, engines_used
from rnnlab.recurrence.recurrent import Recurrent
from rnnlab.recurrence.stack import Stack

__all__ = ["Bidirectional", "Layer", "Recurrent", "Stack", "engines_used"]
