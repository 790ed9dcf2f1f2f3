from __future__ import annotations

import pytest
import torch
from torch import nn

from rnnlab.cells import GRU
from rnnlab.probing.undisturbed import undisturbed
from rnnlab.recurrence import Recurrent


def test_every_module_gets_its_own_mode_back() -> None:
    model = nn.Sequential(nn.Dropout(), nn.Sequential(nn.Dropout(), nn.Dropout())).train()
    model[1].eval()
    model[1][1].train()
    before = [module.training for module in model.modules()]
    with pytest.raises(RuntimeError, match="stop"), undisturbed(model):
        assert not any(module.training for module in model.modules())
        raise RuntimeError("stop")
    assert [module.training for module in model.modules()] == before


def test_a_probe_is_no_record_of_the_engine() -> None:
    layer = Recurrent(GRU(3, 4)).train()
    layer(torch.randn(2, 5, 3))
    choice, preferred = layer.choice, layer.preferred
    assert preferred is not None
    with undisturbed(layer):
        layer(torch.randn(2, 5, 3))
        assert layer.choice is not choice
    assert layer.choice is choice
    assert layer.preferred == preferred
