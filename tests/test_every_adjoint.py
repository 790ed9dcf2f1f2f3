"""Gradients through time equal those of an unrolled computation, for every installed cell."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnlab.plugins.discovery import Component
from rnnlab.recurrence import Bidirectional, Recurrent, Stack
from rnnlab.recurrence.engines import ENGINES
from rnnlab.recurrence.trace import adjoints, traced
from tests.recurrence.unrolled import unrolled_adjoints
from tests.test_every_cell import CELLS, make, name


@pytest.mark.parametrize("component", CELLS, ids=name)
def test_adjoints_of_every_cell(component: Component) -> None:
    torch.manual_seed(0)
    both = Bidirectional(Recurrent(make(component, 3)), Recurrent(make(component, 3), reverse=True))
    network = Stack([both, Recurrent(make(component, both.output_size))]).double().eval()
    cell = network[1].cell
    able = [
        engine.name
        for engine in ENGINES.values()
        if engine.trace_refusal is None and engine.cell_refusal(cell) is None
    ]
    assert "loop" in able

    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def agree(data: st.DataObject) -> None:
        B, T = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 6))
        lengths = data.draw(st.lists(st.integers(0, T), min_size=B, max_size=B))
        padded = min(lengths) < T or data.draw(st.booleans())
        last_only = data.draw(st.booleans())
        torch.manual_seed(data.draw(st.integers(0, 99)))
        x = torch.randn(B, T, 3, dtype=torch.float64)
        weights = torch.randn(B, T, network.output_size, dtype=torch.float64)
        expected = unrolled_adjoints(network, x, lengths, weights, last_only)
        steps = torch.arange(T)
        ends = torch.tensor(lengths).unsqueeze(1)
        counted = steps == ends - 1 if last_only else steps < ends
        for engine in able:
            with traced(network, engine) as traces:
                output, _ = network(x, lengths=torch.tensor(lengths) if padded else None)
                loss = (weights * output.tanh())[counted].sum()
                found = adjoints(loss, traces)
            for layer, by_name in found.items():
                assert traces[layer].engine == engine
                if layer in expected:
                    for truth, adjoint in zip(expected[layer], by_name.values(), strict=True):
                        torch.testing.assert_close(adjoint, truth, rtol=1e-9, atol=1e-12)

    agree()
