from __future__ import annotations
from rnnlab.data.datasets.adding import Adding
from rnnlab.data.datasets.parity import Parity
from rnnlab.data.datasets.copy_memory import CopyMemory
from rnnlab.data.datasets.dyck import Dyck
from rnnlab.data.datasets.anbn import AnBn
from rnnlab.data.datasets.characters import Characters
from rnnlab.data.datasets.series import Series
from rnnlab.data.datasets.digits_rows import DigitsRows
from rnnlab.testing.dataset_contract import DatasetContract
SIZES = {"train_size": 9, "val_size": 5, "test_size": 5}
class TestAdding(DatasetContract):
    def make_dataset(self, **a): return Adding(**{"steps": 6, **SIZES, **a})
class TestParity(DatasetContract):
    def make_dataset(self, **a): return Parity(**{"steps": 20, **SIZES, **a})
class TestSeries(DatasetContract):
    reads=True
    unseen_arguments={"split_seed":"by time"}
    def make_dataset(self, **a): return Series(**{"window": 5, **a})
class TestDigitsRows(DatasetContract):
    reads=True
    def make_dataset(self, **a): return DigitsRows(**{**a})
