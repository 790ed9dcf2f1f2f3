"""A model as it is used, left as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from rnnlab.recurrence import Recurrent


@contextmanager
def undisturbed(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode, and back into the very modes that its modules had.

    Which engine ran a layer last is put back too: it is a record of the training, not of a probe.
    """
    modes = [(module, module.training) for module in model.modules()]
    engines = [
        (layer, layer.choice, layer.preferred)
        for layer in model.modules()
        if isinstance(layer, Recurrent)
    ]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
        for layer, choice, preferred in engines:
            layer.choice, layer.preferred = choice, preferred
