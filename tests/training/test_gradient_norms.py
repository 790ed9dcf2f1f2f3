import math

import pytest
import torch
from torch import nn

from rnnlab.training.gradient_norms import ParameterGroups, prefixed


def make() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()


def test_norms_equal_those_of_concatenated_gradients():
    model = make()
    model(torch.randn(5, 3, dtype=torch.double)).square().sum().backward()
    groups = ParameterGroups(model)
    found = groups.by_path(groups.gradient_norms(groups.gradients()).tolist())
    assert set(found) == {"total", "0", "2"}
    for path, module in (("0", model[0]), ("2", model[2]), ("total", model)):
        flat = torch.cat([p.grad.flatten() for p in module.parameters()])
        assert found[path] == pytest.approx(flat.norm().item(), rel=1e-12)


def test_parameter_without_gradient_counts_zero():
    model = make()
    model[0](torch.ones(1, 3, dtype=torch.double)).sum().backward()
    groups = ParameterGroups(model)
    found = groups.by_path(groups.gradient_norms(groups.gradients()).tolist())
    assert found["2"] == 0.0
    assert found["total"] == pytest.approx(found["0"])


def test_first_non_finite_names_the_parameter():
    model = make()
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    groups = ParameterGroups(model)
    assert groups.first_non_finite(groups.gradient_norms(groups.gradients())) is None
    model[2].weight.grad[0, 0] = math.nan
    assert groups.first_non_finite(groups.gradient_norms(groups.gradients())) == "2.weight"


def test_update_ratio_is_norm_of_change_over_norm_of_weights():
    model = make()
    groups = ParameterGroups(model)
    before = groups.snapshot()
    with torch.no_grad():
        model[0].weight.mul_(1.5)
    ratios = groups.update_ratios(before)
    whole = torch.cat([p.flatten() for p in before[:2]])
    assert ratios["0"] == pytest.approx((before[0] * 0.5).norm().item() / whole.norm().item())
    assert ratios["2"] == 0.0


def test_frozen_and_shared_parameters():
    model = make()
    model[0].weight.requires_grad_(False)
    model.append(model[2])
    assert ParameterGroups(model).names == ["0.bias", "2.weight", "2.bias"]


def test_prefixed():
    assert prefixed("grad_norm", {"total": 1.0}) == {"grad_norm/total": 1.0}
