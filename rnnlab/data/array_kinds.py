"""What an array means, by its shape and type."""

from __future__ import annotations

from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from rnnlab.errors import DataError, check_choice

Array = NDArray[Any]
InputKind = Literal["tokens", "vector", "sequence", "image", "frames"]
TargetKind = Literal["class", "vector", "step_classes", "step_vectors", "tokens", "sequence"]
InputChoice = Literal["auto", InputKind]
TargetChoice = Literal["auto", TargetKind]

# Numbers of axes, N included, that a kind may have.
_INPUT_AXES: dict[InputKind, tuple[int, ...]] = {
    "tokens": (2,),
    "vector": (2,),
    "sequence": (2, 3),
    "image": (3, 4),
    "frames": (4, 5),
}
_TARGET_AXES: dict[TargetKind, tuple[int, ...]] = {
    "class": (1,),
    "vector": (1, 2),
    "step_classes": (2,),
    "step_vectors": (2, 3),
    "tokens": (2,),
    "sequence": (2, 3),
}
_WHOLE = ("tokens", "class", "step_classes")


def kind_of_input(x: Array, asked: InputChoice, path: str) -> InputKind:
    """Return what ``x`` is: what was asked for, if that is possible, or what it looks like.

    Raises:
        ConfigError: There is no such kind.
        DataError: It cannot be that, or looks like nothing.
    """
    check_choice("dataset.input_kind", asked, get_args(InputChoice))
    if asked != "auto":
        _require(asked, x, "x", _INPUT_AXES[asked], path)
        return asked
    kinds: dict[int, InputKind] = {2: "vector", 3: "sequence", 4: "image", 5: "frames"}
    if x.dtype.kind in "iu" and x.ndim == 2:
        return "tokens"
    if x.dtype == np.uint8 and x.ndim == 3:
        return "image"
    if x.dtype.kind not in "biuf" or x.ndim not in kinds:
        raise _unreadable("x", x, "dataset.input_kind", get_args(InputKind), path)
    return kinds[x.ndim]


def kind_of_target(
    y: Array,
    asked: TargetChoice,
    path: str,
    *,
    steps: int | None,
    own_lengths: bool,
) -> TargetKind:
    """Return what ``y`` is: what was asked for, if that is possible, or what it looks like.

    Args:
        y: The targets.
        asked: What was asked for.
        path: The file, for messages.
        steps: T of the input, or None when the input has no time axis.
        own_lengths: Whether the targets have lengths of their own, so that they are no labels of
            input steps.

    Raises:
        ConfigError: There is no such kind.
        DataError: It cannot be that, or looks like nothing.
    """
    check_choice("dataset.target_kind", asked, get_args(TargetChoice))
    if asked != "auto":
        _require(asked, y, "y", _TARGET_AXES[asked], path)
        kind = asked
    elif y.ndim == 1 and y.dtype.kind in "biuU":
        kind = "class"
    elif y.ndim in (1, 2) and y.dtype.kind == "f":
        kind = "vector"
    elif y.dtype.kind in {2: "biu", 3: "biuf"}.get(y.ndim, ""):
        aligned = y.shape[1] == steps and not own_lengths
        kinds = ("step_classes", "tokens") if y.ndim == 2 else ("step_vectors", "sequence")
        kind = cast(TargetKind, kinds[0 if aligned else 1])
    else:
        raise _unreadable("y", y, "dataset.target_kind", get_args(TargetKind), path)
    if kind in ("step_classes", "step_vectors") and y.shape[1] != steps:
        shown = "has no steps" if steps is None else f"has {steps} steps"
        why = f"y has {y.shape[1]} steps and x {shown}: not a target for each step"
        raise DataError(why, key="dataset.target_kind", value=kind)
    return kind


def _require(kind: str, array: Array, name: str, axes: tuple[int, ...], path: str) -> None:
    key = "dataset.input_kind" if name == "x" else "dataset.target_kind"
    if array.ndim not in axes:
        wanted = " or ".join(map(str, axes))
        why = f"needs {wanted} axes, and {name} of {path} has the shape {array.shape}"
        raise DataError(why, key=key, value=kind)
    numbers = "biufU" if kind == "class" else "biuf"
    if array.dtype.kind not in numbers:
        why = f"{name} of {path} has the type {array.dtype}"
        raise DataError(why, key=key, value=kind)
    if kind in _WHOLE and array.dtype.kind == "f" and not (array == np.floor(array)).all():
        why = f"needs whole numbers, and {name} of {path} has others"
        raise DataError(why, key=key, value=kind)


def _unreadable(name: str, array: Array, key: str, valid: tuple[str, ...], path: str) -> DataError:
    return DataError(
        f"{name} of {path} has the shape {array.shape} and the type {array.dtype}, which mean "
        "nothing here",
        key=key,
        value="auto",
        valid=valid,
    )
