from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from rnnlab.data.spec import DataSpec, Field
from rnnlab.errors import ConfigError
from rnnlab.models.backbone import BackboneFactory
from rnnlab.tasks.one_to_many import OneToMany
from rnnlab.testing import TaskContract

X = Field("image", 4, sequence=False, shape=(1, 2, 2))
Y = Field("tokens", 5, sequence=True, max_length=3)
Factories = Callable[..., BackboneFactory]


def test_refuses_what_does_not_fit() -> None:
    task = OneToMany()
    assert task.refusal(DataSpec(X, Y)) is None
    assert "input is a sequence" in str(task.refusal(DataSpec(Y, Y)))
    single = Field("tokens", 5, sequence=False)
    assert "target has no time" in str(task.refusal(DataSpec(X, single)))
    frames = Field("image", 4, sequence=True, shape=(1, 2, 2))
    assert "target is images" in str(task.refusal(DataSpec(X, frames)))
    endless = DataSpec(X, Field("tokens", 5, sequence=True))
    assert "set task.max_length" in str(task.refusal(endless))
    assert OneToMany(max_length=4).refusal(endless) is None
    assert task.truncation_refusal is not None


def test_window_cannot_decode(window_mlp: Factories) -> None:
    with pytest.raises(ConfigError, match="backbone=WindowMLP: cannot be a decoder"):
        OneToMany().build_model(DataSpec(X, Y), window_mlp())


def test_backbone_of_both_directions_decodes_in_one(recurrent: Factories) -> None:
    OneToMany().build_model(DataSpec(X, Y), recurrent(bidirectional=True))


class TestOneToMany(TaskContract):
    beside: ClassVar = {
        "scheduled_sampling_epochs": {"scheduled_sampling": 0.5},
        "beam_width": {"decoder": "beam"},
        "length_penalty": {"decoder": "beam"},
        "temperature": {"decoder": "sampling"},
        "sampling_seed": {"decoder": "sampling"},
    }
    other_values: ClassVar = {"length_penalty": 8.0}

    def make_task(self, **arguments: Any) -> OneToMany:
        return OneToMany(**{"embedding_size": 4, **arguments})
