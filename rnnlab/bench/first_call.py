"""How long a candidate's first call takes: run as a process of its own, which has compiled nothing.

``python -m rnnlab.bench.first_call JSON`` prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Mapping
from statistics import median
from typing import Any

ANSWER = "first call: "

_LATER_CALLS = 3


def first_call(asked: Mapping[str, Any]) -> dict[str, float | str]:
    """Return how long the first forward and backward pass takes, and later ones.

    Args:
        asked: ``cell``, ``size``, ``arguments``, ``seed``, ``device``, ``threads``, ``kind`` and
            ``name`` of the candidate.

    Returns:
        ``first`` and ``later`` in seconds, or ``trouble``.
    """
    from rnnlab.bench.case import make_case
    from rnnlab.bench.machine import set_threads
    from rnnlab.bench.peers import peer
    from rnnlab.bench.size import Size
    from rnnlab.bench.timing import seconds_of
    from rnnlab.bench.torch_layers import engine
    from rnnlab.errors import one_line

    try:
        set_threads(asked["threads"])
        case = make_case(
            asked["cell"],
            Size.parse(asked["size"]),
            asked["arguments"],
            seed=asked["seed"],
            device=asked["device"],
        )
        name = asked["name"]
        candidate = engine(name, case) if asked["kind"] == "engine" else peer(name, case)
        if candidate is None:
            return {"trouble": "has nothing like this cell"}
        _start_torch()
        first = seconds_of(candidate.forward_backward)
        later = [seconds_of(candidate.forward_backward) for _ in range(_LATER_CALLS)]
    except Exception as error:  # whatever a compiler raises
        return {"trouble": one_line(f"{type(error).__name__}: {error}")[:300]}
    return {"first": first, "later": median(later)}


def _start_torch() -> None:
    """Start torch's threads and its backward pass, which every training does once."""
    import torch

    layer = torch.nn.Linear(256, 256)
    layer(torch.randn(256, 256)).tanh().sum().backward()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    found = first_call(json.loads(sys.argv[1]))
    sys.stdout.write(f"\n{ANSWER}{json.dumps(found)}\n")
