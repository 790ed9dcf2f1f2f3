import pytest
import torch
from omegaconf import open_dict

from rnnlab.config.compose import compose
from rnnlab.runs.optimizers import optimizer

FUSED = ["adam", "adamw", "sgd", "adagrad"]


def parameters(dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    return [
        torch.nn.Parameter(torch.randn(shape, generator=generator, dtype=dtype))
        for shape in ((5, 3), (4,))
    ]


def made(*overrides, dtype=torch.float32):
    return optimizer(compose(list(overrides)), parameters(dtype))


def test_fused_is_not_the_choice_of_torch_itself():
    assert torch.optim.Adam(parameters()).param_groups[0]["fused"] is None


@pytest.mark.parametrize("name", FUSED)
def test_what_torch_can_fuse_is_fused(name):
    assert made(f"optimizer={name}").param_groups[0]["fused"] is True


@pytest.mark.parametrize("name", FUSED)
@pytest.mark.parametrize("said", [True, False])
def test_what_the_config_says_counts(name, said):
    found = made(f"optimizer={name}", f"optimizer.fused={said}".lower())
    assert found.param_groups[0]["fused"] is said


@pytest.mark.parametrize("name", ["rmsprop", "nadam", "rprop"])
def test_others_are_as_they_are(name):
    assert "fused" not in made(f"optimizer={name}").param_groups[0]


def test_a_gradient_scaler_keeps_its_part():
    """A fused step unscales gradients itself, after norms and clipping."""
    assert not made("trainer.precision=16-mixed").param_groups[0]["fused"]


def test_complex_parameters_are_not_fused():
    assert not made(dtype=torch.complex64).param_groups[0]["fused"]


def test_configs_of_older_runs_go_on_as_they_began():
    config = compose([])
    with open_dict(config):
        del config.optimizer["fused"]
    assert not optimizer(config, parameters()).param_groups[0]["fused"]


@pytest.mark.parametrize("name", FUSED)
def test_fused_steps_equal_plain_ones(name):
    results = []
    for fused in ("null", "false"):
        found = made(f"optimizer={name}", f"optimizer.fused={fused}", dtype=torch.float64)
        generator = torch.Generator().manual_seed(1)
        for _ in range(50):
            for parameter in found.param_groups[0]["params"]:
                parameter.grad = torch.randn(
                    parameter.shape, generator=generator, dtype=torch.float64
                )
            found.step()
        results.append(found.param_groups[0]["params"])
    for fused, plain in zip(*results, strict=True):
        torch.testing.assert_close(fused, plain, rtol=1e-10, atol=1e-12)
