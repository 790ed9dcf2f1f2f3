"""Checkpoints are read without trusting them: tensors and plain values, or nothing."""

from __future__ import annotations

import zipfile
from collections import Counter, OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rnnlab.errors import ConfigError, Refused
from rnnlab.training.checkpoint_archive import DamagedCheckpoint, repack
from rnnlab.training.checkpoint_claims import Claim
from rnnlab.training.checkpoint_pickle import DryRun

_DEEPEST = 64
_NAMED = 3


def read(path: Path) -> dict[str, Any]:
    """Return a checkpoint's content, tensors and plain values only, on the CPU.

    Raises:
        DamagedCheckpoint: It is missing, truncated, damaged or something else.
        Refused: It names anything that checkpoints do not need, or is made to exhaust its reader.
    """
    try:
        archive, sizes = repack(path)
        with zipfile.ZipFile(archive) as members:
            pickled = members.read("archive/data.pkl")
        _check(DryRun(pickled, sizes).run(), room=1000 + 100 * len(pickled))
        archive.seek(0)
        content = torch.load(archive, map_location="cpu", weights_only=True)
    except Refused as error:
        raise Refused(f"{path}: is refused: {error}") from error
    except (DamagedCheckpoint, MemoryError):
        raise
    except Exception as error:  # the dry run or torch: whatever a malformed pickle leads to
        why = f"its pickle is malformed: {type(error).__name__}"
        raise DamagedCheckpoint(path, why) from error
    if not isinstance(content, dict):
        raise DamagedCheckpoint(path, f"it holds a {type(content).__name__}")
    return content


def check_fits(expected: Mapping[str, Tensor], found: Mapping[str, Tensor], path: Path) -> None:
    """Check that the weights of a checkpoint are those of a model.

    Args:
        expected: The model's own weights.
        found: The weights in the checkpoint.
        path: The checkpoint, for the message.

    Raises:
        ConfigError: They have other names or shapes.
    """
    missing = [f"has no {name}" for name in expected if name not in found]
    unknown = [f"{name} is not in this model" for name in found if name not in expected]
    other = [
        f"{name} is {tuple(found[name].shape)}, this model has {tuple(weight.shape)}"
        for name, weight in expected.items()
        if name in found and found[name].shape != weight.shape
    ]
    parts = []
    for differences in (other, missing, unknown):
        parts += differences[:_NAMED]
        if len(differences) > _NAMED:
            parts[-1] += f" (and {len(differences) - _NAMED} more)"
    if parts:
        why = f"was made by another architecture: {'; '.join(parts)}"
        raise ConfigError(why, key="checkpoint", value=path)


def _check(content: Any, *, room: int) -> None:
    """Refuse what is no value, and lists in lists that unfold without end."""
    unfolded: dict[int, int] = {}

    def size(value: Any, depth: int) -> int:
        kind = type(value)
        if kind in (int, float, bool, type(None), Claim):
            return 1
        if kind is str:
            return 1 + len(value)
        if depth > _DEEPEST:
            raise Refused("its pickle is nested too deeply")
        if id(value) not in unfolded:
            if kind in (dict, OrderedDict, Counter):
                parts = [*value.keys(), *value.values(), getattr(value, "_metadata", None)]
            elif kind in (list, tuple):
                parts = value
            else:
                raise Refused(f"its pickle holds a bare {kind.__name__}")
            unfolded[id(value)] = 1 + sum(size(part, depth + 1) for part in parts)
        return unfolded[id(value)]

    if size(content, 0) > room:
        raise Refused("its pickle unfolds to far more than the file")
