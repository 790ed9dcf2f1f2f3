from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.errors import ConfigError
from rnnlab.models.backbone import BackboneFactory
from rnnlab.tasks.many_to_many import ManyToMany
from rnnlab.tasks.many_to_one import ManyToOne
from rnnlab.testing import TaskContract

X = Field("reals", 3, sequence=True)
Y = Field("tokens", 4, sequence=False)


def test_refuses_what_does_not_fit() -> None:
    task = ManyToOne()
    assert task.refusal(DataSpec(X, Y)) is None
    single = Field("reals", 3, sequence=False)
    assert task.refusal(DataSpec(single, Y)) == (
        "the input has no time axis; many_to_one needs a sequence"
    )
    assert "target is a sequence" in str(task.refusal(DataSpec(X, X)))
    image = Field("image", 4, sequence=False, shape=(1, 2, 2))
    assert "target is an image" in str(task.refusal(DataSpec(X, image)))
    assert task.truncation_refusal is not None


def test_last_step_of_both_directions_has_read_everything(
    recurrent: Callable[..., BackboneFactory],
) -> None:
    model = ManyToOne().build_model(DataSpec(X, Y), recurrent(bidirectional=True))
    x = torch.randn(2, 5, 3, requires_grad=True)
    batch = Batch(x, lengths=torch.tensor([5, 3]))
    # The weights of each direction's half alone must meet every valid step.
    for half in (slice(0, 5), slice(5, 10)):
        weights = torch.zeros(4, 10)
        weights[:, half] = 1
        with torch.no_grad():
            model.get_parameter("head.weight").copy_(weights)
        x.grad = None
        model(batch).values.sum().backward()
        assert x.grad is not None
        assert (x.grad.abs().sum(2) > 0).tolist() == [[True] * 5, [True] * 3 + [False] * 2]


@pytest.mark.parametrize("readout", ["last", "mean", "max"])
def test_readouts_differ_only_after_more_than_one_step(
    readout: str, recurrent: Callable[..., BackboneFactory]
) -> None:
    torch.manual_seed(0)
    model = ManyToOne(readout=readout).build_model(DataSpec(X, Y), recurrent())  # type: ignore[arg-type]
    torch.manual_seed(0)
    last = ManyToOne().build_model(DataSpec(X, Y), recurrent())
    x = torch.randn(2, 4, 3)
    torch.testing.assert_close(model(Batch(x[:, :1])).values, last(Batch(x[:, :1])).values)
    same = torch.allclose(model(Batch(x)).values, last(Batch(x)).values)
    assert same == (readout == "last")


def test_wrong_readout_is_named() -> None:
    with pytest.raises(ConfigError, match="readout=every: unknown; valid: last, mean, max"):
        ManyToOne(readout="every")  # type: ignore[arg-type]


@pytest.mark.parametrize("task", [ManyToOne(relative=True), ManyToMany(relative=True)])
def test_relative_wants_the_past_of_the_target(task: ManyToOne | ManyToMany) -> None:
    sequence = isinstance(task, ManyToMany)
    fitting = Field("reals", 3, sequence=sequence, max_length=2)
    assert task.refusal(DataSpec(X, fitting)) is None
    for target in (Field("reals", 4, sequence), Field("tokens", 3, sequence)):
        assert "relative=true needs the past" in str(task.refusal(DataSpec(X, target)))


class TestManyToOne(TaskContract):
    def make_task(self, **arguments: Any) -> ManyToOne:
        return ManyToOne(**{"embedding_size": 4, **arguments})
