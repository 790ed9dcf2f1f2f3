from __future__ import annotations

import pytest
import torch

ACCELERATORS = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}


@pytest.fixture(
    params=[
        "cpu",
        *(
            pytest.param(name, marks=pytest.mark.accelerator)
            for name, present in ACCELERATORS.items()
            if present
        ),
    ]
)
def device(request: pytest.FixtureRequest) -> torch.device:
    """Every device of this machine; all but the CPU are marked ``accelerator``."""
    return torch.device(request.param)
