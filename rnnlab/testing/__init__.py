"""Contracts that a plugin's author inherits: subclass, write one factory method, get the suite.

>>> from rnnlab.cells import GRU
>>> from rnnlab.testing import CellContract, run
>>> class TestGRU(CellContract):
...     def make_cell(self, input_size, **arguments):
...         return GRU(input_size, **{"hidden_size": 4, **arguments})
>>> {outcome.verdict for outcome in run(TestGRU)} <= {"passed", "skipped"}
True
"""

from rnnlab.testing.cell_contract import CellContract
from rnnlab.testing.dataset_contract import DatasetContract
from rnnlab.testing.outcome import Outcome
from rnnlab.testing.run import run
from rnnlab.testing.task_contract import TaskContract

__all__ = ["CellContract", "DatasetContract", "Outcome", "TaskContract", "run"]
