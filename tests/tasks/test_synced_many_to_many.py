from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.errors import ConfigError
from rnnlab.models.backbone import BackboneFactory
from rnnlab.tasks.synced_many_to_many import SyncedManyToMany
from rnnlab.testing import TaskContract

TOKENS = Field("tokens", 6, sequence=True)
Factories = Callable[..., BackboneFactory]


def test_refuses_what_does_not_fit() -> None:
    task = SyncedManyToMany()
    single = Field("tokens", 6, sequence=False)
    frames = Field("image", 4, sequence=True, shape=(1, 2, 2))
    assert task.refusal(DataSpec(TOKENS, TOKENS, aligned=True)) is None
    assert task.refusal(DataSpec(TOKENS, TOKENS)) == "targets are not aligned with the input"
    assert "input has no time" in str(task.refusal(DataSpec(single, TOKENS)))
    assert "target has no time" in str(task.refusal(DataSpec(TOKENS, single)))
    assert "images" in str(task.refusal(DataSpec(TOKENS, frames, aligned=True)))
    assert task.truncation_refusal is None


def test_model_of_the_next_input_must_not_look_ahead(recurrent: Factories) -> None:
    spec = DataSpec(TOKENS, TOKENS, aligned=True, next_step=True)
    with pytest.raises(ConfigError, match=r"backbone\.bidirectional=true"):
        SyncedManyToMany().build_model(spec, recurrent(bidirectional=True))
    tagging = DataSpec(TOKENS, TOKENS, aligned=True)
    SyncedManyToMany().build_model(tagging, recurrent(bidirectional=True))


@pytest.mark.parametrize("backbone", ["recurrent", "window_mlp"])
def test_chunks_with_carried_state_equal_the_whole(
    backbone: str, request: pytest.FixtureRequest
) -> None:
    spec = DataSpec(TOKENS, TOKENS, aligned=True)
    task = SyncedManyToMany()
    model = task.build_model(spec, request.getfixturevalue(backbone)()).double()
    tokens = torch.randint(6, (3, 9))
    whole = model(Batch(tokens))
    state, parts = None, []
    for start in range(0, 9, 4):
        output = task.evaluate(model, Batch(tokens[:, start : start + 4]), state)
        state = output.state
        parts.append(output.values)
    torch.testing.assert_close(torch.cat(parts, 1), whole.values)
    torch.testing.assert_close(state, whole.state)


class TestSyncedManyToMany(TaskContract):
    def make_task(self, **arguments: Any) -> SyncedManyToMany:
        return SyncedManyToMany(**{"embedding_size": 4, **arguments})
