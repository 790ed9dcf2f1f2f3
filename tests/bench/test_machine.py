from __future__ import annotations

import sys

import pytest
import torch

from rnnlab.bench.machine import (
    busy_percent,
    busy_warning,
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
    assert "3 threads" in text
    assert f"torch {torch.__version__}" in text
    assert f"Python {sys.version.split()[0]}" in text


def test_threads_are_those_of_torch_unless_they_are_given() -> None:
    assert set_threads(None) == torch.get_num_threads() == 1
    assert set_threads(2) == torch.get_num_threads() == 2


def test_a_device_that_is_not_there_is_refused() -> None:
    check_device("cpu")
    with pytest.raises(ConfigError, match="--device=tpu: is not on this machine; valid: cpu"):
        check_device("tpu")


def test_a_busy_machine_is_told() -> None:
    assert 0 <= busy_percent() <= 100
    assert busy_warning(3.0) is None
    assert busy_warning(41.7) == "other processes took 42 % of the processors before this began"
