"""The optimizer of a run, in torch's fused form where that is as good."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy

import torch
from omegaconf import DictConfig
from torch.nn import Parameter
from torch.optim import Optimizer

from rnnlab.config import build

# Where torch has one call for all parameters. With its own choice, null, it takes that on
# accelerators only.
_FUSED_ON = {
    torch.optim.Adam: ("cpu", "cuda"),
    torch.optim.AdamW: ("cpu", "cuda"),
    torch.optim.SGD: ("cpu", "cuda"),
    torch.optim.Adagrad: ("cpu",),
}


def optimizer(config: DictConfig, parameters: Iterable[Parameter]) -> Optimizer:
    """Return the optimizer of a config; fused unless the config says whether it is.

    Raises:
        ConfigError: Its constructor does not accept the values.
    """
    trained = list(parameters)
    made = build.optimizer(config, trained)
    if not _may_be_fused(config, made, trained):
        return made
    fused = deepcopy(config)
    fused.optimizer.fused = True
    return build.optimizer(fused, trained)


def _may_be_fused(config: DictConfig, made: Optimizer, parameters: list[Parameter]) -> bool:
    # The configs of older runs do not have the key: they go on as they began.
    if config.optimizer.get("fused", False) is not None:
        return False
    # Against a gradient scaler it would unscale by itself, after the norms were measured.
    if config.trainer.precision == "16-mixed" or made.defaults.get("differentiable"):
        return False
    devices = _FUSED_ON.get(type(made), ())
    return all(
        parameter.is_floating_point() and parameter.device.type in devices
        for parameter in parameters
    )
