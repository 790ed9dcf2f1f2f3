from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.models.backbone import BackboneFactory
from rnnlab.tasks.one_to_one import OneToOne
from rnnlab.testing import TaskContract

X = Field("reals", 3, sequence=False)
Y = Field("tokens", 4, sequence=False)


def test_refuses_what_has_a_time_axis() -> None:
    task = OneToOne()
    assert task.refusal(DataSpec(X, Y)) is None
    timed = Field("reals", 3, sequence=True)
    assert "input is a sequence" in str(task.refusal(DataSpec(timed, Y)))
    assert "target is a sequence" in str(task.refusal(DataSpec(X, timed)))
    image = Field("image", 4, sequence=False, shape=(1, 2, 2))
    assert task.refusal(DataSpec(image, Y)) is None
    assert "target is an image" in str(task.refusal(DataSpec(X, image)))
    assert task.truncation_refusal is not None


def test_window_of_one_is_the_feed_forward_network(
    window_mlp: Callable[..., BackboneFactory],
) -> None:
    model = OneToOne().build_model(DataSpec(X, Y), window_mlp(window=1))
    weights = dict(model.named_parameters())
    x = torch.randn(5, 3)
    hidden = (x @ weights["backbone.input.weight"].T + weights["backbone.input.bias"]).relu()
    expected = hidden @ weights["head.weight"].T + weights["head.bias"]
    torch.testing.assert_close(model(Batch(x)).values, expected)


class TestOneToOne(TaskContract):
    def make_task(self, **arguments: Any) -> OneToOne:
        return OneToOne(**{"embedding_size": 4, **arguments})
