"""What stands beside rnnlab's engines: torch's modules and, if installed, JAX and Keras."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec

import torch

from rnnlab.bench.candidate import Candidate
from rnnlab.bench.case import Case
from rnnlab.bench.torch_layers import TorchLayer, torch_module
from rnnlab.errors import ConfigError, MissingPackage, check_choice

PEERS: dict[str, tuple[str, ...]] = {"torch": (), "jax": ("jax",), "keras": ("jax", "keras")}
"""The peers, and the packages that each needs beside torch."""


def choose_peers(asked: Sequence[str] | None, device: str = "cpu") -> tuple[list[str], list[str]]:
    """Return the peers to measure, and a line for each that is left out.

    Args:
        asked: Names in :data:`PEERS`, ``none`` for none of them, or None for all that there are.
        device: Where the measurement runs.

    Raises:
        ConfigError: There is no such peer, or one that was asked for cannot take part.
    """
    if asked is None:
        left_out = {name: why for name in PEERS if (why := _absence(name, device)) is not None}
        return [name for name in PEERS if name not in left_out], list(left_out.values())
    for name in asked:
        check_choice("--peer", name, (*PEERS, "none"))
        if name != "none" and (package := _missing(name)) is not None:
            raise MissingPackage(package, "bench", wanted_by=f"--peer={name}")
        if name != "none" and (why := _absence(name, device)) is not None:
            raise ConfigError(why, key="--peer", value=name)
    return [name for name in PEERS if name in asked], []


def peer(name: str, case: Case) -> Candidate | None:
    """Return a peer with the cell's weights, or None where it has nothing like this cell.

    Args:
        name: A key of :data:`PEERS` that :func:`choose_peers` has returned.
        case: What to compute.
    """
    module = torch_module(case.cell)
    if module is None:
        return None
    if name == "torch":
        return TorchLayer(f"nn.{type(module).__name__}", module, case)
    set_up_xla(torch.get_num_threads())
    if name == "jax":
        from rnnlab.bench.lax_scan import lax_scan

        return lax_scan(module, case)
    from rnnlab.bench.keras_layers import keras_layer

    return keras_layer(module, case)


def set_up_xla(threads: int) -> None:
    """Make JAX run on the CPU with a number of threads, and Keras on JAX, quietly.

    JAX and Keras read this when they are imported; later it has no effect.
    """
    os.environ.update(
        JAX_PLATFORMS="cpu",
        KERAS_BACKEND="jax",
        NPROC=str(threads),  # the size of XLA's thread pools
        TF_CPP_MIN_LOG_LEVEL="3",
    )


def _absence(name: str, device: str) -> str | None:
    if (package := _missing(name)) is not None:
        return f"{name} is left out: {package} is not installed; pip install 'rnnlab[bench]'"
    if device != "cpu" and name != "torch":
        return f"{name} is left out: it is measured on the CPU alone"
    return None


def _missing(name: str) -> str | None:
    return next((package for package in PEERS[name] if find_spec(package) is None), None)
