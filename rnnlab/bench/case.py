"""One cell at one size: the weights, the input, and the gradient that is handed to its output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from omegaconf import OmegaConf
from torch import Tensor

from rnnlab.bench.size import Size
from rnnlab.cells.base import Cell
from rnnlab.config.build import cell_factory
from rnnlab.config.compose import compose
from rnnlab.config.override import override
from rnnlab.config.targets import target
from rnnlab.errors import ConfigError
from rnnlab.plugins.signature import parameters


@dataclass(frozen=True)
class Case:
    """What every candidate computes.

    Args:
        name: What ``rnnlab list cells`` calls the cell.
        size: B, T and H.
        cell: The cell; its weights are everybody's.
        x: ``(B, T, H)``; its gradient is wanted too, as in all layers but the first.
        cotangent: ``(B, T, output_size)``, the gradient of the loss by the output. It is given, so
            that nothing but the layer is measured.
    """

    name: str
    size: Size
    cell: Cell
    x: Tensor
    cotangent: Tensor


def make_case(
    name: str, size: Size, arguments: Sequence[str] = (), *, seed: int = 0, device: str = "cpu"
) -> Case:
    """Return a case with weights and input from a seed.

    Args:
        name: A cell of ``rnnlab list cells``.
        size: B, T and H; the cell's ``hidden_size`` and ``output_size``, where it takes them, are H
            unless ``arguments`` say otherwise.
        arguments: Further constructor arguments, ``nonlinearity=relu``.
        seed: Decides weights, input and cotangent.
        device: Where they are.

    Raises:
        ConfigError: There is no such cell, or it does not take these arguments.
    """
    torch.manual_seed(seed)
    try:
        cell = _cell(name, size, arguments).to(device)
    except ConfigError as error:
        raise _as_option(error) from error
    x = torch.randn(size.B, size.T, size.H, device=device).requires_grad_()
    cotangent = torch.randn(size.B, size.T, cell.output_size, device=device)
    return Case(name, size, cell, x, cotangent)


def _cell(name: str, size: Size, arguments: Sequence[str]) -> Cell:
    given = {item.partition("=")[0] for item in arguments}
    config = compose([f"cell={name}", *(f"cell.{item}" for item in arguments)])
    takes = parameters(target(config.cell, "cell"), without=["input_size"])
    sizes = [
        f"cell.{each.name}={size.H}"
        for each in takes
        if each.name in ("hidden_size", "output_size") and each.name not in given
    ]
    config = override(config, sizes)
    for each in takes:
        if OmegaConf.is_missing(config.cell, each.name):
            why = f"{name} needs {each.describe()}: --arg {each.name}=…"
            raise ConfigError(why, key=f"cell.{each.name}")
        value = config.cell[each.name]
        if (refusal := each.refusal(value)) is not None:
            raise ConfigError(refusal, key=f"cell.{each.name}", value=value)
    return cell_factory(config)(size.H)


def _as_option(error: ConfigError) -> ConfigError:
    """Name the option of the command line where the config key was meant."""
    section, dot, name = (error.key or "").partition(".")
    if section != "cell":
        return error
    key, value = "--cell", error.value
    if dot:
        key = "--arg"
        value = name if error.value is None else f"{name}={error.value}"
    return ConfigError(error.why, key=key, value=value, valid=error.valid, near=error.near)
