from __future__ import annotations

from functools import partial

import pytest
import torch

from rnnlab.cells import GRU, LSTM, Jordan
from rnnlab.errors import ConfigError
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab.recurrence import tree


def test_layers_and_directions_give_the_sizes() -> None:
    backbone = RecurrentBackbone(3, partial(GRU, hidden_size=4), layers=3, bidirectional=True)
    assert (backbone.input_size, backbone.output_size) == (3, 8)
    assert not backbone.causal
    assert backbone.can_decode
    output, state = backbone(torch.randn(2, 5, 3))
    assert output.shape == (2, 5, 8)
    assert len(state) == 3
    assert len(backbone.engines()) == 6


def test_every_layer_has_weights_of_its_own() -> None:
    backbone = RecurrentBackbone(4, partial(GRU, hidden_size=4), layers=2, bidirectional=True)
    pointers = {weight.data_ptr() for weight in backbone.parameters()}
    assert len(pointers) == 2 * 2 * 4


def test_cell_may_have_an_output_of_its_own_size() -> None:
    backbone = RecurrentBackbone(3, partial(Jordan, hidden_size=9, output_size=2), layers=2)
    assert backbone(torch.randn(2, 5, 3))[0].shape == (2, 5, 2)


def test_step_by_step_equals_forward() -> None:
    cell = partial(LSTM, hidden_size=4)
    backbone = RecurrentBackbone(4, cell, layers=2, residual=True).double()
    x = torch.randn(2, 5, 4, dtype=torch.float64)
    output, final = backbone(x)
    state = backbone.init_state(2)
    for t in range(5):
        step, state = backbone.step(x[:, t], state)
        torch.testing.assert_close(step, output[:, t], atol=1e-10, rtol=0)
    for one, other in zip(tree.leaves(state), tree.leaves(final), strict=True):
        torch.testing.assert_close(one, other, atol=1e-10, rtol=0)


def test_dropout_acts_between_layers_while_training() -> None:
    backbone = RecurrentBackbone(3, partial(GRU, hidden_size=8), layers=2, dropout=0.5)
    x = torch.randn(2, 5, 3)
    assert not torch.equal(backbone(x)[0], backbone(x)[0])
    backbone.eval()
    assert torch.equal(backbone(x)[0], backbone(x)[0])


def test_lengths_and_resets_reach_the_layers() -> None:
    backbone = RecurrentBackbone(3, partial(GRU, hidden_size=4), engine="loop").double()
    x = torch.randn(2, 6, 3, dtype=torch.float64)
    reset = torch.zeros(2, 6, dtype=torch.bool)
    reset[:, 4] = True
    output, _ = backbone(x, None, torch.tensor([6, 3]), reset)
    assert not output[1, 3:].any()
    torch.testing.assert_close(output[:1, 4:], backbone(x[:1, 4:])[0])


def test_meta_device() -> None:
    with torch.device("meta"):
        backbone = RecurrentBackbone(3, partial(LSTM, hidden_size=4), layers=2, bidirectional=True)
        x, lengths = torch.empty(2, 5, 3), torch.tensor([5, 2])
    output, state = backbone(x, None, lengths)
    assert all(leaf.is_meta for leaf in [output, *tree.leaves(state)])


def test_bidirectional_has_no_step() -> None:
    backbone = RecurrentBackbone(3, partial(GRU, hidden_size=4), bidirectional=True)
    with pytest.raises(ValueError, match="no next step"):
        backbone.step(torch.zeros(2, 3), backbone.init_state(2))


def test_an_engine_that_cannot_is_refused_before_any_data() -> None:
    with pytest.raises(ConfigError, match="engine=fused: Jordan has no fused kernel"):
        RecurrentBackbone(3, Jordan, engine="fused")
