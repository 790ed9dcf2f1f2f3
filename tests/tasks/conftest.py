from __future__ import annotations

from collections.abc import Callable

import pytest

from rnnlab.cells import GRU
from rnnlab.models.backbone import Backbone, BackboneFactory
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab.models.window_mlp import WindowMLP


def make_recurrent(hidden_size: int = 5, *, bidirectional: bool = False) -> BackboneFactory:
    def make(input_size: int, *, causal: bool = False) -> Backbone:
        return RecurrentBackbone(
            input_size,
            lambda size: GRU(size, hidden_size=hidden_size),
            bidirectional=bidirectional and not causal,
        )

    return make


def make_window(window: int = 3) -> BackboneFactory:
    def make(input_size: int, *, causal: bool = False) -> Backbone:
        return WindowMLP(input_size, window=window, hidden_size=5)

    return make


@pytest.fixture
def recurrent() -> Callable[..., BackboneFactory]:
    """Makes factories of one GRU layer."""
    return make_recurrent


@pytest.fixture
def window_mlp() -> Callable[..., BackboneFactory]:
    """Makes factories of window MLPs."""
    return make_window
