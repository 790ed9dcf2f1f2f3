from __future__ import annotations

import logging

import pytest
import torch
from torch import Tensor

from rnnlab.errors import ConfigError
from rnnlab.recurrence import Recurrent
from rnnlab.recurrence.engines import auto
from tests.recurrence.engines.compiled.cells import Branching, Plain, Rotating

X = torch.randn(2, 20, 3)


def patient(cell: Plain) -> Recurrent:
    """Return a layer that expects so many steps that compiling pays."""
    layer = Recurrent(cell)
    layer.expected_steps = 10**9
    return layer


def test_auto_falls_back_with_one_warning_that_names_the_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    layer = patient(Branching(3))
    with caplog.at_level(logging.WARNING, "rnnlab"):
        first, _ = layer(X)
        assert layer.choice is not None
        assert layer.choice.name == "loop"
        assert "Branching overrides" not in layer.choice.reason
        again, _ = layer(X)
    (record,) = [r for r in caplog.records if r.name.startswith("rnnlab")]
    message = record.getMessage()
    assert message.startswith("Branching is not compiled: its step cannot be traced")
    assert message.endswith("engine loop runs it")
    assert "cannot be traced" in layer.choice.reason
    torch.testing.assert_close(first, Recurrent(layer.cell, "loop")(X)[0])
    assert torch.equal(first, again)


def test_what_takes_too_long_to_compile_is_not_and_nobody_is_warned(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = patient(Rotating(3))  # its state is complex, which takes Inductor
    ours = auto.COSTS["lstm", "compiled"]
    theirs = ours._replace(call=ours.call + 20e3)
    monkeypatch.setitem(auto.COSTS, ("lstm", "loop"), theirs)
    layer.expected_steps = 10**6  # which saves 20 seconds
    with caplog.at_level(logging.WARNING, "rnnlab"):
        output, _ = layer(X)
    assert layer.choice is not None
    assert layer.choice.name == "loop"
    assert "Inductor would take about 40 s to compile (numbers of type" in layer.choice.reason
    assert not [record for record in caplog.records if record.name.startswith("rnnlab")]
    torch.testing.assert_close(output, Recurrent(layer.cell, "loop")(X)[0])


def test_by_name_it_fails() -> None:
    layer = Recurrent(Branching(3), "compiled")
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"engine=compiled: its step cannot be traced.*loop"):
            layer(X)


def test_a_run_keeps_the_engine_that_it_began_with() -> None:
    layer = patient(Plain(3))
    layer.preferred = "loop"  # as it would be after a first batch, or where a run is resumed
    layer(X)
    assert layer.choice is not None
    assert layer.choice.name == "loop"


def test_the_first_batch_decides() -> None:
    class Noted(Plain):
        def project(self, x: Tensor) -> Tensor:
            return super().project(x)

    layer = Recurrent(Noted(3))
    with torch.no_grad():
        layer(X)
    assert layer.preferred is None  # nobody trains
    layer.expected_steps = 3
    layer(X)
    assert layer.choice is not None
    assert layer.preferred == layer.choice.name == "loop"
    layer.expected_steps = 10**9
    layer(X)
    assert str(layer.choice) == "loop (Noted has no fused kernel; Noted is not affine)"
