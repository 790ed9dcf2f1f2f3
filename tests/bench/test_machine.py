from __future__ import annotations

import sys

import pytest
import torch

from rnnlab.bench import machine as machines
from rnnlab.bench.machine import (
    check_device,
    described,
    machine,
    set_threads,
)
from rnnlab.errors import ConfigError


def test_a_machine_is_named_with_all_that_changes_figures() -> None:
    found = machine(3)
    assert found["threads"] == 3
    assert found["cores"] >= 1
    assert found["processor"]
    assert found["packages"]["torch"] == torch.__version__
    text = described(found)
    assert ", 3 threads, " in text
    assert ", 1 core, 1 thread, " in described({**found, "cores": 1, "threads": 1})
    assert f"torch {torch.__version__}" in text
    assert f"Python {sys.version.split()[0]}" in text


def test_threads_are_those_of_torch_unless_they_are_given() -> None:
    assert set_threads(None) == torch.get_num_threads() == 1
    assert set_threads(2) == torch.get_num_threads() == 2


def test_a_device_that_is_not_there_is_refused() -> None:
    check_device("cpu")
    with pytest.raises(ConfigError, match="--device=tpu: is not on this machine; valid: cpu"):
        check_device("tpu")


def test_what_others_take_is_what_all_take_but_this_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A second of two processors, of which this process computes 1.2 seconds and others 0.5.
    readings = iter([(0.0, 100.0, 7.0), (1.0, 101.7, 8.2)])
    monkeypatch.setattr(machines, "_now", lambda: next(readings))
    monkeypatch.setattr("psutil.cpu_count", lambda: 2)
    assert machines.Others().percent() == pytest.approx(25.0)


def test_a_process_that_computes_alone_is_no_other() -> None:
    before, after = machines._now(), None
    while after is None or after[2] - before[2] < 0.05:
        after = machines._now()
    assert after[0] > before[0]
    assert after[1] >= before[1]
    assert 0 <= machines.Others().percent() <= 100
