"""Whether a model's weights fit into memory, before any of it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import psutil
import torch
from torch import nn

from rnnlab.errors import RunFailed

M = TypeVar("M", bound=nn.Module)


def check_weights(make: Callable[[], M]) -> M | None:
    """Check that the weights of a model fit into the memory that is free.

    The model is made once on torch's ``meta`` device, where a weight has a shape and no content.
    One that cannot be made there is not checked.

    Args:
        make: Makes the model.

    Returns:
        The model without weights, or None where it cannot be made so.

    Raises:
        RunFailed: They do not fit.
    """
    model, needed = None, 0
    # A stranger's constructor may look at its weights, which meta refuses in many ways; what else
    # is wrong with it is told when the model is made in earnest.
    with suppress(Exception), torch.device("meta"):
        model = make()
        needed = sum(weight.nbytes for weight in model.parameters())
    free = psutil.virtual_memory().available
    if needed > free:
        raise RunFailed(
            f"there is not enough memory for the model: its weights are {needed / 1e9:,.1f} GB, "
            f"and {free / 1e9:,.1f} GB are free"
        )
    return model
