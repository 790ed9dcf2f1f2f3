"""A person's own arrays, for any mapping."""

from __future__ import annotations

from typing import Annotated, Any

from numpy.typing import NDArray
from torch import Tensor

from rnnlab.data.array_fields import Side, input_side, target_side
from rnnlab.data.array_files import read_arrays, require_names
from rnnlab.data.array_kinds import (
    InputChoice,
    InputKind,
    TargetChoice,
    TargetKind,
    kind_of_input,
    kind_of_target,
)
from rnnlab.data.array_values import valid_lengths
from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.division import divide_examples
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import TensorSplit
from rnnlab.data.windows import split_by_time
from rnnlab.errors import DataError
from rnnlab.ranges import Range

_NAMES = ("x", "y", "lengths", "target_lengths")


class Arrays(Dataset):
    """NumPy arrays ``x`` and ``y``, and ``lengths`` where sequences have been padded.

    ``rnnlab train dataset=arrays dataset.path=gestures.npz task=many_to_one``

    The path is an ``.npz`` file, or a folder with ``x.npy`` and ``y.npy``. ``lengths`` ``(N,)``
    holds the valid steps of each ``x``; ``target_lengths`` those of ``y`` where it is a sequence
    of its own. What lies beyond them is never read and may be NaN or -1. Arrays of pickled objects
    are refused. What an array means follows from its shape and type:

    ==================================================  =================  ======================
    ``x``                                               ``input_kind``     read as
    ==================================================  =================  ======================
    integers ``(N, T)``                                 ``tokens``         ids of T steps
    floats ``(N, F)``                                   ``vector``         F reals, no steps
    numbers ``(N, T, F)``, but not bytes                ``sequence``       T steps of F reals
    bytes ``(N, H, W)``, numbers ``(N, C, H, W)``       ``image``          an image
    numbers ``(N, T, C, H, W)``                         ``frames``         T images
    ==================================================  =================  ======================

    ==================================================  =================  ======================
    ``y``                                               ``target_kind``    read as
    ==================================================  =================  ======================
    integers, bools or texts ``(N,)``                   ``class``          a class
    floats ``(N,)`` or ``(N, D)``                       ``vector``         D reals
    integers ``(N, T)``, T as in ``x``                  ``step_classes``   a class for each step
    numbers ``(N, T, D)``, T as in ``x``                ``step_vectors``   D reals for each step
    integers ``(N, L)``                                 ``tokens``         a sequence of ids
    numbers ``(N, L, D)``                               ``sequence``       L steps of D reals
    ==================================================  =================  ======================

    Naming a kind overrides this: ``sequence`` and ``step_vectors`` also take ``(N, T)`` as one
    real a step, ``image`` and ``frames`` also take arrays without channels. A last axis of 1, 3 or
    4 in an image is taken for its channels where the usual place has another number. Images of
    bytes are divided by 255.

    Args:
        path: The file or the folder.
        input_kind: What ``x`` is; ``auto`` goes by the table.
        target_kind: What ``y`` is; ``auto`` goes by the table.
        scale: Whether reals are standardised, by the training part.
        shuffle: Whether ``split_seed`` decides which example is in which part; otherwise the first
            ones are trained on and the last ones tested on, as windows of a time series want it.
        val_fraction: Share of the examples in the validation part.
        test_fraction: Share of the examples in the test part.
        split_seed: Decides which example is in which part; classes keep their proportions.

    Raises:
        ConfigError: There is no such kind.
        DataError: The arrays cannot be used; the message says which and why.
    """

    def __init__(
        self,
        path: str,
        input_kind: InputChoice = "auto",
        target_kind: TargetChoice = "auto",
        scale: bool = True,
        shuffle: bool = True,
        val_fraction: Annotated[float, Range(above=0, below=1)] = 0.1,
        test_fraction: Annotated[float, Range(above=0, below=1)] = 0.2,
        split_seed: int = 0,
    ) -> None:
        arrays, self._sha256 = read_arrays(path)
        require_names(arrays, path, required=("x", "y"), allowed=_NAMES)
        x, y = arrays["x"], arrays["y"]
        kinds = _kinds(arrays, input_kind, target_kind, path)
        lengths = _lengths(arrays, "lengths", x, kinds[0] in ("tokens", "sequence", "frames"), path)
        target_lengths = _lengths(
            arrays, "target_lengths", y, kinds[1] in ("tokens", "sequence"), path
        )
        aligned = kinds[1] in ("step_classes", "step_vectors")
        if shuffle:
            parts = divide_examples(
                y.tolist() if kinds[1] == "class" else [None] * len(y),
                path,
                val_fraction=val_fraction,
                test_fraction=test_fraction,
                split_seed=split_seed,
            )
        else:
            parts = _in_order(len(x), val_fraction, test_fraction, path)
        inputs = input_side(x, kinds[0], lengths, parts["train"], scale=scale, path=path)
        targets = target_side(
            y,
            kinds[1],
            lengths if aligned else target_lengths,
            parts["train"],
            scale=scale,
            path=path,
        )
        self._spec = DataSpec(inputs.field, targets.field, aligned=aligned)
        self._splits = {
            part: _chosen(inputs, targets, chosen, aligned) for part, chosen in parts.items()
        }

    @property
    def spec(self) -> DataSpec:
        """What the tables say of ``x`` and ``y``."""
        return self._spec

    def split(self, part: Part) -> TensorSplit:
        """Return the examples of one part, reals scaled."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of the file, or of the files in the folder."""
        return self._sha256


def _kinds(
    arrays: dict[str, NDArray[Any]],
    asked_input: InputChoice,
    asked_target: TargetChoice,
    path: str,
) -> tuple[InputKind, TargetKind]:
    x, y = arrays["x"], arrays["y"]
    first = kind_of_input(x, asked_input, path)
    steps = None if first in ("vector", "image") else x.shape[1]
    own_lengths = "target_lengths" in arrays
    second = kind_of_target(y, asked_target, path, steps=steps, own_lengths=own_lengths)
    why = None
    if len(x) != len(y):
        why = f"x has {len(x)} examples and y has {len(y)}"
    elif 0 in x.shape or 0 in y.shape:
        why = f"an axis has length 0: x has the shape {x.shape}, y {y.shape}"
    if why is not None:
        raise DataError(why, key="dataset.path", value=path)
    return first, second


def _lengths(
    arrays: dict[str, NDArray[Any]], name: str, of: NDArray[Any], sequence: bool, path: str
) -> Tensor | None:
    if name not in arrays:
        return None
    if not sequence:
        why = f"{name} are given for {'x' if name == 'lengths' else 'y'}, which has no steps"
        raise DataError(f"{why} of its own", key="dataset.path", value=path)
    return valid_lengths(arrays[name], name, len(of), of.shape[1], path)


def _in_order(
    count: int, val_fraction: float, test_fraction: float, path: str
) -> dict[Part, list[int]]:
    bounds = split_by_time(count, val_fraction, test_fraction)
    if any(first == last for first, last in bounds.values()):
        why = f"{count} examples are too few for three parts"
        raise DataError(why, key="dataset.path", value=path)
    return {part: list(range(first, last)) for part, (first, last) in bounds.items()}


def _chosen(inputs: Side, targets: Side, chosen: list[int], aligned: bool) -> TensorSplit:
    def pick(tensor: Tensor | None) -> Tensor | None:
        return None if tensor is None else tensor[chosen]

    return TensorSplit(
        inputs.values[chosen],
        targets.values[chosen],
        pick(inputs.lengths),
        None if aligned else pick(targets.lengths),
    )
