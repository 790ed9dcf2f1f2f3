"""Where an input enters the recurrence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn

from rnnlab.recurrence.layer import Layer


@contextmanager
def features_read(model: nn.Module) -> Iterator[list[Tensor]]:
    """Make the features that a model's lowest layers read leaves to differentiate by.

    These are the features ``(B, T, E)`` behind the embedding, which the first backbone or layer to
    be called is given: of an encoder and a decoder those of the encoder, and of a bidirectional
    layer those that both directions read.

    Yields:
        A list that holds this one tensor once the model has run. What came before it, the
        embedding, gets no gradient.
    """
    found: list[Tensor] = []

    def replace(
        layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        if found:
            return None
        x, *rest = args if args else (kwargs.pop("x"),)
        found.append(x.detach().requires_grad_())
        return (found[0], *rest), kwargs

    with ExitStack() as hooks:
        for module in model.modules():
            if isinstance(module, Layer):
                hooks.enter_context(
                    _removed(module.register_forward_pre_hook(replace, with_kwargs=True))
                )
        yield found


@contextmanager
def _removed(handle: Any) -> Iterator[None]:
    try:
        yield
    finally:
        handle.remove()
