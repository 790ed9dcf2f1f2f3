from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from rnnlab.diagnostics.plain_numbers import as_json, plain_numbers


@dataclass
class _Record:
    name: str
    values: object


def test_records_tensors_and_arrays_become_lists_and_what_is_not_finite_none() -> None:
    record = _Record("a", {1: torch.tensor([1.0, math.nan]), "b": np.array([[2, 3]])})
    assert plain_numbers(record) == {"name": "a", "values": {"1": [1.0, None], "b": [[2, 3]]}}
    assert plain_numbers(torch.tensor([1 + 2j])) == [[1.0, 2.0]]
    assert plain_numbers((np.float64(0.5), np.inf, True, None)) == [0.5, None, True, None]


def test_what_json_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError, match="JSON has nothing for a set"):
        plain_numbers({"a": {1}})


@pytest.mark.parametrize("value", [{"a": [1.0, math.inf], "ü": {"b": 1}}, [1, 2], {}])
def test_files_are_json(value: object) -> None:
    assert json.loads(as_json(value)) == plain_numbers(value)
