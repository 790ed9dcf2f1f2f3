"""Every cell keeps the contract of rnnlab's cells."""

import tomllib
from importlib import import_module
from pathlib import Path

from rnnlab.testing import CellContract

METADATA = tomllib.loads(Path(__file__).parents[1].joinpath("pyproject.toml").read_text())


def contract(target):
    module, _, name = target.partition(":")
    kind = getattr(import_module(module), name)

    class Kept(CellContract):
        def make_cell(self, input_size, **arguments):
            return kind(input_size, **{"hidden_size": 4, **arguments})

    return type(f"Test{name}", (Kept,), {"__module__": __name__})


for _target in METADATA["project"]["entry-points"]["rnnlab.cells"].values():
    _contract = contract(_target)
    globals()[_contract.__name__] = _contract
