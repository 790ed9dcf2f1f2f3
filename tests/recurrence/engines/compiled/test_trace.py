from __future__ import annotations

from unittest.mock import patch

import pytest
import torch
from torch import Tensor, nn

from rnnlab.recurrence.engines.compiled import trace
from rnnlab.recurrence.engines.compiled.capture import Capture
from tests.recurrence.engines.compiled.cells import COMPILED, ClosedOver, Plain

SCALE = 2.0
WEIGHT = torch.ones(4, requires_grad=True)


class Global(Plain):
    """Reads a number and a tensor of its module."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return super().step(z, state) * SCALE * WEIGHT


def called(capture: Capture, cell: Plain) -> tuple[object, list[Tensor]]:
    z = cell.project(torch.randn(3, 2, 3))
    return capture(cell, z, cell.init_state(2))


@pytest.mark.parametrize("kind", [*COMPILED, Global], ids=lambda kind: kind.__name__)
def test_a_trace_that_holds_is_found_without_dynamo(kind: type[Plain]) -> None:
    cell, capture = kind(3), Capture()
    graph, weights = called(capture, cell)
    with patch.object(capture, "_step", side_effect=AssertionError("Dynamo was called")):
        again, same = called(capture, cell)
    assert again is graph
    assert [id(weight) for weight in same] == [id(weight) for weight in weights]


def changes(cell: Plain) -> dict[str, object]:
    return {
        "dtype": lambda: cell.recurrent.double(),
        "frozen": lambda: cell.recurrent.weight.requires_grad_(False),
        "attribute": lambda: setattr(cell, "factor", 3.0),
        "method": lambda: setattr(cell, "step", lambda z, state: z - state),
        "module": lambda: setattr(cell, "recurrent", nn.Linear(4, 4, bias=False)),
    }


class Factor(Plain):
    factor = 1.0

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return super().step(z, state) * self.factor


@pytest.mark.parametrize("what", ["frozen", "attribute", "method", "module"])
def test_a_trace_does_not_hold_once_something_has_changed(what: str) -> None:
    cell, capture = Factor(3), Capture()
    graph, _ = called(capture, cell)
    changes(cell)[what]()  # type: ignore[operator]
    again, _ = called(capture, cell)
    assert again is not graph


def test_a_global_that_changes_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    cell, capture = Global(3), Capture()
    graph, _ = called(capture, cell)
    monkeypatch.setitem(globals(), "SCALE", 3.0)
    assert called(capture, cell)[0] is not graph


def test_a_weight_that_is_replaced_by_one_alike_is_the_new_one() -> None:
    cell, capture = ClosedOver(3), Capture()
    called(capture, cell)
    cell.recurrent.bias = nn.Parameter(torch.zeros(4))
    cell.tensors[0] = torch.randn(4, 4, dtype=torch.float64, requires_grad=True)
    _, weights = called(capture, cell)
    assert any(weight is cell.tensors[0] for weight in weights)


def test_without_these_internals_dynamo_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(trace.torch._dynamo.eval_frame, "_debug_get_cache_entry_list")
    cell, capture = Plain(3), Capture()
    graph, _ = called(capture, cell)
    with patch.object(capture, "_step", wraps=capture._step) as dynamo:
        assert called(capture, cell)[0] is graph
    assert dynamo.called
