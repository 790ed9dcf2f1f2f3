from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import torch

from rnnlab.cells.gru import GRU
from rnnlab.data.batch import Batch
from rnnlab.errors import ConfigError
from rnnlab.models.backbone import Backbone
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab_polyphony.multilabel import Multilabel
from rnnlab_polyphony.next_chord import next_chord_spec
from rnnlab_polyphony.sampling import continue_roll

SPEC = next_chord_spec()


def backbone(input_size: int, *, causal: bool = False) -> Backbone:
    return RecurrentBackbone(input_size, partial(GRU, hidden_size=8))


def test_each_step_is_drawn_from_what_the_model_says_of_all_before() -> None:
    torch.manual_seed(0)
    model = Multilabel().build_model(SPEC, backbone).eval()
    roll = torch.randint(0, 2, (4, 88)).float()

    made = continue_roll(model, roll, 3, generator=torch.Generator().manual_seed(1))

    # The same numbers are drawn against the probabilities of one pass over the whole.
    whole = torch.cat([roll, made])
    chances = model(Batch(whole[None])).values[0, 3:6].sigmoid()
    generator = torch.Generator().manual_seed(1)
    assert made.shape == (3, 88)
    for step in range(3):
        again = chances[step : step + 1].bernoulli(generator=generator)
        assert torch.equal(made[step], again[0])


def test_no_step_is_added_where_none_is_wanted() -> None:
    model = Multilabel().build_model(SPEC, backbone).eval()

    assert continue_roll(model, torch.zeros(2, 88), 0).shape == (0, 88)


def test_a_model_of_other_labels_cannot_go_on() -> None:
    model = Multilabel().build_model(replace(SPEC, next_step=False), backbone)

    with pytest.raises(ConfigError, match="only a model of the next step"):
        continue_roll(model, torch.zeros(2, 88), 1)
