from __future__ import annotations

import pytest
import torch
from torch import nn

from rnnlab.cells import GRU
from rnnlab.probing.features_read import features_read
from rnnlab.recurrence import Bidirectional, Recurrent, Stack


def both(size: int) -> Bidirectional:
    return Bidirectional(Recurrent(GRU(size, 4)), Recurrent(GRU(size, 4), reverse=True))


def test_they_are_what_the_lowest_layers_read() -> None:
    model = nn.Sequential(nn.Linear(2, 3), Stack([both(3), Recurrent(GRU(8, 4))]))
    x = torch.randn(2, 5, 2)
    with features_read(model) as read:
        output, _ = model(x)
    (features,) = read
    torch.testing.assert_close(features, model[0](x))
    (gradient,) = torch.autograd.grad(output.sum(), features)
    assert gradient.abs().min() > 0
    torch.testing.assert_close(output, model(x)[0])


def test_features_may_be_given_by_name() -> None:
    layer = Recurrent(GRU(3, 4))
    x, lengths = torch.randn(2, 5, 3), torch.tensor([5, 2])
    with features_read(layer) as read:
        output, _ = layer(x=x, lengths=lengths)
    assert torch.equal(read[0], x)
    torch.testing.assert_close(output, layer(x, None, lengths)[0])


def test_no_hook_is_left_behind() -> None:
    model = Stack([both(3)])
    with pytest.raises(ValueError, match="x must be"), features_read(model):
        model(torch.randn(2, 5, 9))
    assert not any(module._forward_pre_hooks for module in model.modules())
    with features_read(model) as read:
        pass
    assert read == []
