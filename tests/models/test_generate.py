from __future__ import annotations

import pytest
import torch

from rnnlab.cells import LSTM
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.errors import ConfigError
from rnnlab.models.backbone import Backbone
from rnnlab.models.generate import generate
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab.models.sequence_model import SequenceModel
from rnnlab.models.window_mlp import WindowMLP


def lstm(input_size: int, *, causal: bool = False) -> Backbone:
    return RecurrentBackbone(input_size, lambda size: LSTM(size, hidden_size=6), layers=2)


def window(input_size: int, *, causal: bool = False) -> Backbone:
    return WindowMLP(input_size, window=3, hidden_size=6)


TOKENS = Field("tokens", 5, sequence=True)
REALS = Field("reals", 2, sequence=True)


def make(field: Field, backbone: object) -> SequenceModel:
    torch.manual_seed(0)
    spec = DataSpec(field, field, aligned=True, next_step=True)
    return SequenceModel(spec, backbone, readout="every").double()  # type: ignore[arg-type]


@pytest.mark.parametrize("backbone", [lstm, window])
def test_carried_state_equals_reading_everything_again(backbone: object) -> None:
    model = make(TOKENS, backbone)
    prompt = torch.randint(5, (3, 4))
    made = generate(model, prompt, 6, temperature=0)
    text = prompt
    for t in range(6):
        values = model(Batch(text)).values
        assert values is not None
        following = values[:, -1].argmax(1)
        assert torch.equal(made[:, t], following)
        text = torch.cat([text, following.unsqueeze(1)], 1)


@pytest.mark.parametrize("backbone", [lstm, window])
def test_reals_are_fed_back(backbone: object) -> None:
    model = make(REALS, backbone)
    prompt = torch.randn(3, 4, 2, dtype=torch.float64)
    made = generate(model, prompt, 5)
    path = prompt
    for t in range(5):
        values = model(Batch(path)).values
        assert values is not None
        torch.testing.assert_close(made[:, t], values[:, -1])
        path = torch.cat([path, values[:, -1:]], 1)


def test_same_generator_same_text() -> None:
    model = make(TOKENS, lstm)
    prompt = torch.randint(5, (2, 3))
    texts = [
        generate(model, prompt, 30, generator=torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    ]
    assert torch.equal(texts[0], texts[1])
    assert not torch.equal(texts[0], texts[2])


def test_no_steps_give_nothing() -> None:
    assert generate(make(TOKENS, lstm), torch.zeros(2, 3).long(), 0).shape == (2, 0)


def test_other_models_cannot_generate() -> None:
    spec = DataSpec(TOKENS, Field("tokens", 3, sequence=False))
    with pytest.raises(ConfigError, match="next input"):
        generate(SequenceModel(spec, lstm), torch.zeros(1, 1).long(), 1)
