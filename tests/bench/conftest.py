from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch

from rnnlab.bench.record import Measured, Record, Result
from rnnlab.bench.size import Size


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Several threads wait for each other where cores are shared; and put back what was set."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def record() -> Record:
    """Two cases: the loop takes 4 ms, torch's module 2 ms and then 8 ms, ``compiled`` 1 ms."""

    def item(name: str, kind: str, milliseconds: float, **more: int) -> Measured:
        spent = [milliseconds / 1e3 * factor for factor in (0.8, 1.0, 1.2)]
        return Measured(name, kind, [value / 2 for value in spent], spent, 1.0, **more)

    results = [
        Result(
            cell,
            Size.parse(size),
            [
                item(module, "peer", over, allocated_bytes=10**6, resident_bytes=10**6),
                item("loop", "engine", 4.0, allocated_bytes=2 * 10**6),
                item("compiled", "engine", 1.0, allocated_bytes=3 * 10**6),
            ],
            parameters=100,
            compile_seconds={
                "loop": {"cold": 0.1, "warm": 0.1},
                "compiled": {"cold": 30.0, "warm": 3.0},
            },
            others_percent=2.0,
        )
        for cell, size, module, over in (
            ("lstm", "32,20,32", "nn.LSTM", 2.0),
            ("gru", "32,100,64", "nn.GRU", 8.0),
        )
    ]
    machine = {
        "processor": "Made Up 3000",
        "cores": 2,
        "threads": 2,
        "device": "cpu",
        "system": "Linux",
        "python": "3.11.7",
        "packages": {"torch": "2.13.0"},
    }
    setting = {"seed": 0, "device": "cpu", "arguments": []}
    return Record("cells", machine, setting, ["keras is left out"], results)


class Fake:
    """A candidate that takes no time and notes what is asked of it."""

    def __init__(self, name: str, note: Callable[[str], None] = lambda _: None) -> None:
        self.name, self._note = name, note

    def forward(self) -> None:
        self._note(f"{self.name} forward")

    def forward_backward(self) -> None:
        self._note(self.name)


@pytest.fixture
def fake() -> type[Fake]:
    """The class of the candidates that take no time."""
    return Fake
