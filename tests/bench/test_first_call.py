from __future__ import annotations

from typing import Any

import torch

from rnnlab.bench.first_call import first_call


def asked(**changes: Any) -> dict[str, Any]:
    return {
        "cell": "gru",
        "size": "2,3,4",
        "arguments": [],
        "seed": 0,
        "device": "cpu",
        "threads": torch.get_num_threads(),
        "kind": "engine",
        "name": "loop",
        **changes,
    }


def test_the_first_call_and_later_ones_are_timed() -> None:
    for found in (first_call(asked()), first_call(asked(kind="peer", name="torch"))):
        assert set(found) == {"first", "later"}
        assert all(isinstance(value, float) and value > 0 for value in found.values())


def test_what_goes_wrong_is_the_answer() -> None:
    trouble = str(first_call(asked(name="scan"))["trouble"])
    assert trouble.startswith("ConfigError: engine=scan: GRU is not affine; valid: auto, ")
    assert first_call(asked(cell="jordan", kind="peer", name="torch")) == {
        "trouble": "has nothing like this cell"
    }
