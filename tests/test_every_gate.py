"""The gates of every installed cell."""

from __future__ import annotations

import json

import pytest
import torch

from rnnlab.plugins.discovery import Component
from rnnlab.probing.gate_statistics import gate_summary
from rnnlab.probing.gate_trace import gate_trace
from rnnlab.probing.gates import gate_values
from rnnlab.probing.time_constants import time_constants
from rnnlab.recurrence import Bidirectional, Recurrent, tree
from rnnlab.recurrence.trace import traced
from tests.test_every_cell import CELLS, make, name


@pytest.mark.parametrize("component", CELLS, ids=name)
def test_gates_of_every_cell(component: Component) -> None:
    torch.manual_seed(0)
    both = Bidirectional(Recurrent(make(component, 3)), Recurrent(make(component, 3), reverse=True))
    both = both.double()
    x, lengths = torch.randn(3, 5, 3).double(), torch.tensor([5, 0, 2])
    with torch.no_grad(), traced(both) as traces:
        both(x, lengths=lengths)
    summary = gate_summary(traces)
    json.dumps(summary, allow_nan=False)
    for layer, trace in traces.items():
        cell = trace.cell
        state = cell.init_state(3)
        names = cell.gates(tree.map_tensors(lambda leaf: leaf[:, 0], trace.z), state).keys()
        assert summary.get(layer, {}).keys() == gate_values(trace).keys() == names
        for record in summary.get(layer, {}).values():
            assert sum(record["counts"]) % 7 == 0  # every unit at each of seven valid steps
        constants = time_constants(trace)
        assert (constants is None) == (cell.retention is None)
        if constants is not None:
            assert (constants.tau >= 0).all()
        for row, length in enumerate(lengths.tolist()):
            found = gate_trace(trace, row)
            assert found.gates.keys() == names
            assert found.states
            assert all(len(value) == length for value in (found.gates | found.states).values())
