from __future__ import annotations

import pytest
import torch

from rnnlab.cells import GRU
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.errors import ConfigError
from rnnlab.models.backbone import Backbone
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab.models.sequence_model import SequenceModel
from rnnlab.models.window_mlp import WindowMLP


def gru(input_size: int, *, causal: bool = False) -> Backbone:
    return RecurrentBackbone(input_size, lambda size: GRU(size, hidden_size=5))


def window(input_size: int, *, causal: bool = False) -> Backbone:
    return WindowMLP(input_size, window=3, hidden_size=5)


TOKENS = Field("tokens", 7, sequence=True)
CLASS = Field("tokens", 4, sequence=False)


def test_equals_its_parts() -> None:
    model = SequenceModel(DataSpec(TOKENS, CLASS), gru, embedding_size=3)
    tokens = torch.randint(7, (2, 6))
    lengths = torch.tensor([6, 3])
    output = model(Batch(tokens, lengths=lengths))
    features, state = model.backbone(model.embed(tokens), None, lengths)
    last = torch.stack([features[0, 5], features[1, 2]])
    torch.testing.assert_close(output.values, model.head(last))
    torch.testing.assert_close(output.state, state)


def test_input_without_time_is_one_step() -> None:
    spec = DataSpec(Field("image", 8, sequence=False, shape=(2, 2, 2)), CLASS)
    model = SequenceModel(spec, gru)
    images = torch.randn(3, 2, 2, 2)
    step, _ = model.backbone.step(images.flatten(1), model.init_state(3))
    torch.testing.assert_close(model(Batch(images)).values, model.head(step))


@pytest.mark.parametrize("backbone", [gru, window])
def test_step_by_step_equals_every_step(backbone: object) -> None:
    spec = DataSpec(TOKENS, Field("reals", 2, sequence=True), aligned=True)
    model = SequenceModel(spec, backbone, readout="every")  # type: ignore[arg-type]
    tokens = torch.randint(7, (2, 6))
    values = model(Batch(tokens)).values
    assert values is not None
    state = model.init_state(2)
    for t in range(6):
        step, state = model.step(tokens[:, t], state)
        torch.testing.assert_close(step, values[:, t])


@pytest.mark.parametrize("readout", ["last", "mean", "max", "every"])
@pytest.mark.parametrize("image_encoder", ["flatten", "cnn"])
def test_nan_in_padded_frames_changes_nothing(readout: str, image_encoder: str) -> None:
    frames = Field("image", 16, sequence=True, shape=(1, 4, 4))
    model = SequenceModel(
        DataSpec(frames, CLASS),
        gru,
        image_encoder=image_encoder,  # type: ignore[arg-type]
        readout=readout,  # type: ignore[arg-type]
    )
    x = torch.randn(2, 5, 1, 4, 4)
    lengths = torch.tensor([5, 2])
    dirty = x.clone()
    dirty[1, 2:] = torch.nan
    gradients = []
    for batch in (Batch(x, lengths=lengths), Batch(dirty, lengths=lengths)):
        model.zero_grad()
        values = model(batch).values
        assert values is not None
        values[:, ..., 0].sum().backward()
        gradients.append([p.grad.clone() for p in model.parameters() if p.grad is not None])
    torch.testing.assert_close(gradients[1], gradients[0])


def test_tokens_outside_the_vocabulary_may_pad() -> None:
    model = SequenceModel(DataSpec(TOKENS, CLASS), gru)
    tokens = torch.tensor([[1, 2, -1]])
    values = model(Batch(tokens, lengths=torch.tensor([2]))).values
    torch.testing.assert_close(values, model(Batch(tokens[:, :2])).values)


def test_wrong_readout_is_named() -> None:
    with pytest.raises(ConfigError, match="readout=first: unknown"):
        SequenceModel(DataSpec(TOKENS, CLASS), gru, readout="first")  # type: ignore[arg-type]
