from __future__ import annotations

import sys

import pytest
import torch
from torch import Tensor

from rnnlab.bench.memory import allocated_bytes, resident_bytes

MEGABYTE = 2**20
CPU = torch.device("cpu")


def megabytes(count: int) -> Tensor:
    return torch.ones(count * MEGABYTE, dtype=torch.uint8)


def test_the_peak_is_counted_and_what_is_freed_is_counted_off() -> None:
    def run() -> Tensor:
        first = megabytes(3)
        second = megabytes(2)
        del first, second
        return megabytes(4)

    assert allocated_bytes(run, CPU) == 5 * MEGABYTE


def test_what_was_there_before_is_not_counted() -> None:
    before = megabytes(7)
    found = allocated_bytes(lambda: before[:MEGABYTE].neg(), CPU)
    assert found == pytest.approx(MEGABYTE, rel=0.01)


def test_oneDNN_workspaces_are_counted() -> None:  # noqa: N802
    lstm = torch.nn.LSTM(8, 8, batch_first=True)
    x = torch.randn(4, 50, 8)
    kept = x.numel() * x.element_size()

    def run() -> Tensor:
        output: Tensor = lstm(x)[0]
        return output

    found = allocated_bytes(run, CPU)
    assert found is not None
    assert found > 6 * kept  # the output, and what the backward pass needs of four gates and c


def test_a_device_that_does_not_tell_is_not_asked() -> None:
    assert allocated_bytes(lambda: None, torch.device("meta")) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_resident_memory_grows_by_what_is_touched() -> None:
    touched = resident_bytes(lambda: torch.ones(64 * MEGABYTE, dtype=torch.uint8))
    reserved = resident_bytes(lambda: torch.empty(64 * MEGABYTE, dtype=torch.uint8))
    assert touched is not None
    assert reserved is not None
    assert 60 * MEGABYTE < touched < 80 * MEGABYTE
    assert reserved < 10 * MEGABYTE
