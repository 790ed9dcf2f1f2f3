"""Every engine computes what the loop computes, for every installed cell."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnlab.plugins.discovery import Component
from rnnlab.recurrence.engines import ENGINES
from tests.recurrence.engines.agreement import assert_same, run
from tests.test_every_cell import CELLS, make, name


@pytest.mark.parametrize("component", CELLS, ids=name)
def test_every_engine_equals_the_loop(component: Component) -> None:
    torch.manual_seed(0)
    cell = make(component, 3).double()
    ran = set()

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def agree(data: st.DataObject) -> None:
        B, T = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 6))
        lengths = data.draw(st.none() | st.lists(st.integers(0, T), min_size=B, max_size=B))
        reset = data.draw(st.none() | st.lists(st.booleans(), min_size=B * T, max_size=B * T))
        reverse = data.draw(st.booleans())
        masks = (
            None if lengths is None else torch.tensor(lengths),
            None if reset is None else torch.tensor(reset).reshape(B, T),
        )
        torch.manual_seed(data.draw(st.integers(0, 99)))
        x = torch.randn(B, T, 3, dtype=torch.float64)
        expected = run(cell, "loop", x, *masks, reverse=reverse)
        for engine in ENGINES.values():
            if engine.cell_refusal(cell) or engine.call_refusal(x, *masks):
                continue
            assert_same(run(cell, engine.name, x, *masks, reverse=reverse), expected)
            ran.add(engine.name)

    agree()
    assert "compiled" in ran
