"""Small backbones of every kind that the core has, for building a task's models."""

from __future__ import annotations

from collections.abc import Callable

from rnnlab.cells import GRU, LSTM, RNN, Cell, Jordan
from rnnlab.models.backbone import Backbone, BackboneFactory
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab.models.window_mlp import WindowMLP


def recurrent(
    cell: Callable[[int], Cell], *, layers: int = 1, bidirectional: bool = False
) -> BackboneFactory:
    """Return what makes layers of a cell."""

    def make(input_size: int, *, causal: bool = False) -> Backbone:
        both = bidirectional and not causal
        return RecurrentBackbone(input_size, cell, layers=layers, bidirectional=both)

    return make


def gru(*, bidirectional: bool = False) -> BackboneFactory:
    """Return what makes one layer of GRU, the backbone that tasks are tried with first."""
    return recurrent(lambda size: GRU(size, hidden_size=6), bidirectional=bidirectional)


def window() -> BackboneFactory:
    """Return what makes a window MLP, which cannot decode."""

    def make(input_size: int, *, causal: bool = False) -> Backbone:
        return WindowMLP(input_size, window=2, hidden_size=5)

    return make


def core_backbones() -> dict[str, BackboneFactory]:
    """Return a factory of every cell of the core, of both directions, and of the window MLP."""
    return {
        "cell=rnn": recurrent(lambda size: RNN(size, hidden_size=4)),
        "cell=lstm": recurrent(lambda size: LSTM(size, hidden_size=4), layers=2),
        "cell=gru": recurrent(lambda size: GRU(size, hidden_size=4)),
        "cell=jordan": recurrent(lambda size: Jordan(size, hidden_size=4)),
        "cell=gru backbone.bidirectional=true": gru(bidirectional=True),
        "backbone=window_mlp": window(),
    }
