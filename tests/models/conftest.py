from __future__ import annotations

from collections.abc import Callable

import pytest

from rnnlab.cells import GRU, LSTM, Cell
from rnnlab.models.backbone import Backbone, BackboneFactory
from rnnlab.models.recurrent_backbone import RecurrentBackbone

CELLS: dict[str, type[Cell]] = {"gru": GRU, "lstm": LSTM}


@pytest.fixture
def recurrent() -> Callable[..., BackboneFactory]:
    """Makes factories of recurrent layers, one-directional where a decoder asks for it."""

    def factory(
        cell: str = "gru", hidden_size: int = 5, *, layers: int = 1, bidirectional: bool = False
    ) -> BackboneFactory:
        def make(input_size: int, *, causal: bool = False) -> Backbone:
            return RecurrentBackbone(
                input_size,
                lambda size: CELLS[cell](size, hidden_size=hidden_size),  # type: ignore[call-arg]
                layers=layers,
                bidirectional=bidirectional and not causal,
            )

        return make

    return factory
