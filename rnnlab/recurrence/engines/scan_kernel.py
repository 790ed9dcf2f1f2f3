"""The scan and its adjoint in C++, for the CPU; what they return is said in affine_scan.py."""

from __future__ import annotations

import ctypes
import logging
import math
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from rnnlab.recurrence.native import NoLibrary, library

_log = logging.getLogger(__name__)

SOURCE = Path(__file__).with_suffix(".cpp")
NUMBERS = {
    torch.float32: "float32",
    torch.float64: "float64",
    torch.complex64: "complex64",
    torch.complex128: "complex128",
}
"""What the kernel is compiled for, and what it is called there."""

_GRAIN = 32768  # elements below which another thread costs more than it saves, as in torch
_AXES = {"a": 2, "b": 2, "gradient": 2, "state": 1, "initial": 1}  # before the channels


class _Scan(ctypes.Structure):
    # As in the source.
    _fields_ = (
        *((name, ctypes.c_int64) for name in ("rows", "steps", "channels", "threads")),
        *((name, ctypes.c_void_p) for name in ("a", "b", "state", "initial", "gradient")),
        *((name, ctypes.c_int64) for name in ("a_row", "a_step", "b_row", "b_step")),
        *((name, ctypes.c_int64) for name in ("state_row", "initial_row")),
        *((name, ctypes.c_int64) for name in ("gradient_row", "gradient_step", "summed")),
        *((name, ctypes.c_void_p) for name in ("lengths", "reset", "states")),
        *((name, ctypes.c_void_p) for name in ("a_gradient", "b_gradient")),
        *((name, ctypes.c_void_p) for name in ("state_gradient", "initial_gradient")),
    )


@cache
def kernel() -> ctypes.CDLL | None:
    """Return the compiled source; None, and one warning, where it cannot be had."""
    try:
        return library(SOURCE)
    except NoLibrary as error:
        _log.warning("the scan has no kernel here and runs slower, step by step: %s", error)
        return None


def run(
    library: ctypes.CDLL,
    a: Tensor,
    b: Tensor,
    state: Tensor,
    initial: Tensor | None,
    lengths: Tensor | None,
    reset: Tensor | None,
    interpolate: bool,
) -> Tensor:
    """Return all states."""
    states = torch.empty(b.shape, dtype=b.dtype)
    inputs = {"b": b, "state": state, "initial": initial}
    _call(library, "interpolate" if interpolate else "scan", a, states, inputs, {}, lengths, reset)
    return states


def adjoint(
    library: ctypes.CDLL,
    gradient: Tensor,
    a: Tensor,
    b: Tensor | None,
    states: Tensor,
    state: Tensor,
    initial: Tensor | None,
    lengths: Tensor | None,
    reset: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """Return the gradients of a, b, state and initial."""
    rows, channels = states.shape[0], states.shape[2:]
    a_gradient = states.new_empty(rows, a.shape[1], *channels)
    results = {
        "a_gradient": a_gradient,
        "b_gradient": torch.empty(states.shape, dtype=states.dtype),
        "state_gradient": states.new_empty(rows, *channels),
    }
    if initial is not None:
        results["initial_gradient"] = states.new_empty(rows, *channels)
    inputs = {"b": b, "gradient": gradient, "state": state, "initial": initial}
    what = "scan_adjoint" if b is None else "interpolate_adjoint"
    _call(library, what, a, states.contiguous(), inputs, results, lengths, reset)
    if a.shape[0] < rows:
        results["a_gradient"] = a_gradient.sum(0, keepdim=True)
    a_gradient, b_gradient, state_gradient, *rest = results.values()
    return a_gradient, b_gradient, state_gradient, rest[0] if rest else None


def _call(
    library: ctypes.CDLL,
    what: str,
    a: Tensor,
    states: Tensor,
    inputs: dict[str, Tensor | None],
    results: dict[str, Tensor],
    lengths: Tensor | None,
    reset: Tensor | None,
) -> None:
    rows, steps = states.shape[:2]
    channels = math.prod(states.shape[2:])
    threads = min(torch.get_num_threads(), max(1, states.numel() // _GRAIN))
    call = _Scan(rows, steps, channels, threads, states=states.data_ptr())
    # These hold what is pointed to until the kernel returns.
    flat = {
        name: _flat(tensor, _AXES[name], channels)
        for name, tensor in {"a": a, **inputs}.items()
        if tensor is not None
    }
    masks = {"lengths": lengths, "reset": reset}
    dense = {name: mask.contiguous() for name, mask in masks.items() if mask is not None}
    for name, tensor in (flat | dense | results).items():
        setattr(call, name, tensor.data_ptr())
    for name, tensor in flat.items():
        # What has one row or one step serves all of them.
        for axis, along in enumerate(("row", "step")[: _AXES[name]]):
            stride = tensor.stride(axis) if tensor.shape[axis] > 1 else 0
            setattr(call, f"{name}_{along}", stride)
    call.summed = a.shape[1] < steps
    getattr(library, f"{what}_{NUMBERS[states.dtype]}")(ctypes.byref(call))


def _flat(tensor: Tensor, axes: int, channels: int) -> Tensor:
    """Return the values with one axis of channels, side by side in memory."""
    # A conjugate, and a negative imaginary part, may be a mark on the tensor alone.
    tensor = tensor.resolve_conj().resolve_neg()
    tensor = tensor.reshape(*tensor.shape[:axes], channels)
    return tensor if tensor.stride(-1) == 1 or channels == 1 else tensor.contiguous()
