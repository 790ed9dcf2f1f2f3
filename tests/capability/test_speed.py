from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from rnnlab.capability import speed
from rnnlab.capability.speed import in_turn, speeds
from rnnlab.cells import GRU, Jordan


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "_SECONDS", 0.0)
    monkeypatch.setattr(speed, "T", 10)
    monkeypatch.setattr(speed, "B", 2)


def test_the_engine_that_auto_takes_and_the_loop_are_measured() -> None:
    found = speeds(GRU(3, 4))
    assert [item.engine for item in found] == ["fused", "loop"]
    shapes = {item.shape for item in found}
    assert shapes == {"B2 T10 F3 H4, 1 thread"}
    assert len(shapes) == 1
    for item in found:
        assert item.ratio == pytest.approx(item.milliseconds / item.lstm_milliseconds)


def test_what_compiles_is_measured_so_too() -> None:
    assert [item.engine for item in speeds(Jordan(3, 4), compiles=True)] == ["compiled", "loop"]


def test_a_cell_that_only_the_loop_runs_is_measured_once() -> None:
    assert [item.engine for item in speeds(Jordan(3, 4))] == ["loop"]


def test_a_slow_cell_is_measured_on_fewer_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "_SLOW", 0.0)
    assert speeds(Jordan(3, 4))[0].shape.startswith("B2 T1 ")


def test_layers_run_in_turn_forwards_and_backwards() -> None:
    ran: list[str] = []

    class Recorder(nn.Module):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name, self.weight = name, nn.Parameter(torch.ones(1))

        def forward(self, x: Tensor) -> tuple[Tensor, None]:
            ran.append(self.name)
            return x * self.weight, None

    layers = {"a": Recorder("a"), "b": Recorder("b")}
    times = in_turn(layers, torch.ones(2, 3, 4))
    assert ran == ["a", "b"] * 4  # one to warm up, and the fewest that a median takes
    assert {name: len(spent) for name, spent in times.items()} == {"a": 3, "b": 3}
    assert layers["a"].weight.grad == 24
