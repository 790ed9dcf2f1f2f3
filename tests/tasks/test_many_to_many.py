from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
import torch

from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.vocabulary import BEGIN, END, Vocabulary
from rnnlab.errors import ConfigError
from rnnlab.models.backbone import BackboneFactory
from rnnlab.tasks.many_to_many import ManyToMany
from rnnlab.testing import TaskContract

X = Field("tokens", 6, sequence=True)
Y = Field("tokens", 6, sequence=True, max_length=3)
Factories = Callable[..., BackboneFactory]


def test_refuses_what_does_not_fit() -> None:
    task = ManyToMany()
    assert task.refusal(DataSpec(X, Y)) is None
    single = Field("tokens", 6, sequence=False)
    assert "input has no time" in str(task.refusal(DataSpec(single, Y)))
    assert "target has no time" in str(task.refusal(DataSpec(X, single)))
    assert "synced_many_to_many" in str(task.refusal(DataSpec(X, Y, aligned=True)))
    frames = Field("image", 4, sequence=True, shape=(1, 2, 2))
    assert "target is images" in str(task.refusal(DataSpec(X, frames)))
    assert "set task.max_length" in str(task.refusal(DataSpec(X, X)))
    assert task.truncation_refusal is not None


def test_window_cannot_decode(window_mlp: Factories) -> None:
    with pytest.raises(ConfigError, match="backbone=WindowMLP: cannot be a decoder"):
        ManyToMany().build_model(DataSpec(X, Y), window_mlp())


def test_dot_product_needs_equal_sizes(recurrent: Factories) -> None:
    ManyToMany(attention="dot").build_model(DataSpec(X, Y), recurrent())
    with pytest.raises(ConfigError, match="attention=dot: "):
        ManyToMany(attention="dot").build_model(DataSpec(X, Y), recurrent(bidirectional=True))


def test_wrong_names_are_named() -> None:
    with pytest.raises(ConfigError, match="attention=bahdanau: unknown; valid: none, dot, general"):
        ManyToMany(attention="bahdanau")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="decoder=greed: unknown; did you mean greedy"):
        ManyToMany(decoder="greed")  # type: ignore[arg-type]


@pytest.mark.parametrize("attention", ["none", "general"])
def test_learns_to_reverse(attention: str, recurrent: Factories) -> None:
    vocabulary = Vocabulary((END, BEGIN, *"abcd"))
    target = Field("tokens", 6, sequence=True, vocabulary=vocabulary, max_length=4)
    torch.manual_seed(0)
    task = ManyToMany(embedding_size=8, attention=attention)  # type: ignore[arg-type]
    model = task.build_model(DataSpec(X, target), recurrent(hidden_size=48))
    x = torch.cartesian_prod(*[torch.arange(2, 6)] * 3)  # all 64 words of three letters
    batch = Batch(x, torch.cat([x.flip(1), torch.zeros(64, 1, dtype=torch.long)], 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        optimizer.zero_grad()
        task.loss(model(batch), batch).mean.backward()
        optimizer.step()
    scores = task.scores(model.spec)
    with torch.inference_mode():
        scores.update(task.evaluate(model.eval(), batch), batch)
    assert scores.compute()["token_error_rate"] < 0.05


class TestManyToMany(TaskContract):
    beside: ClassVar = {
        "scheduled_sampling_epochs": {"scheduled_sampling": 0.5},
        "beam_width": {"decoder": "beam"},
        "length_penalty": {"decoder": "beam"},
        "temperature": {"decoder": "sampling"},
        "sampling_seed": {"decoder": "sampling"},
    }
    other_values: ClassVar = {"length_penalty": 8.0}

    def make_task(self, **arguments: Any) -> ManyToMany:
        return ManyToMany(**{"embedding_size": 4, **arguments})
