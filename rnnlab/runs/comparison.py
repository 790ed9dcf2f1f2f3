"""Whether two runs have done the same, to the last bit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from rnnlab.runs.folder import RunFolder
from rnnlab.tracking import read_points
from rnnlab.training.checkpoint_reading import read
from rnnlab.training.checkpoints import LAST

_COMPARED = ("state_dict", "optimizer_states", "lr_schedulers")
_SHOWN = 5


def differences(first: RunFolder, second: RunFolder) -> list[str]:
    """Return what differs between two finished runs, a line for each kind of thing.

    Compared are every logged point but for its time, final weights, optimizer and schedule, and
    the final scores. System metrics and times are left out.
    """
    return [*_points(first, second), *_weights(first, second), *_scores(first, second)]


def _points(first: RunFolder, second: RunFolder) -> Iterator[str]:
    mine, theirs = _values(first), _values(second)
    if missing := sorted(mine.keys() ^ theirs.keys()):
        yield f"{len(missing)} points are in one run only, first {_place(missing[0])}"
    changed = [key for key in mine if key in theirs and mine[key] != theirs[key]]
    if changed:
        key = min(changed, key=lambda item: item[1])
        yield (
            f"{len(changed)} of {len(mine)} points differ, first {_place(key)}: "
            f"{mine[key]} then, {theirs[key]} now"
        )


def _place(key: tuple[str, int]) -> str:
    return f"{key[0]} at step {key[1]}"


def _values(folder: RunFolder) -> dict[tuple[str, int], str]:
    # As text: NaN is equal to itself then.
    return {
        (point.name, point.step): f"{point.value!r} in epoch {point.epoch}"
        for point in read_points(folder.metrics)
        if not point.name.startswith("system/")
    }


def _weights(first: RunFolder, second: RunFolder) -> Iterator[str]:
    mine, theirs = (read(folder.checkpoint(LAST)) for folder in (first, second))
    for part in _COMPARED:
        unequal = list(_unequal(mine[part], theirs[part], part))
        if unequal:
            more = f" and {len(unequal) - _SHOWN} more" if len(unequal) > _SHOWN else ""
            yield f"checkpoint: {', '.join(unequal[:_SHOWN])}{more} differ"


def _unequal(first: Any, second: Any, path: str) -> Iterator[str]:
    if isinstance(first, torch.Tensor) and isinstance(second, torch.Tensor):
        # Bytes, so that NaN equals itself and 0.0 differs from -0.0.
        alike = first.dtype == second.dtype and first.shape == second.shape
        if not alike or not torch.equal(_bytes(first), _bytes(second)):
            yield path
    elif isinstance(first, dict) and isinstance(second, dict):
        for key in dict.fromkeys([*first, *second]):
            if key in first and key in second:
                yield from _unequal(first[key], second[key], f"{path}.{key}")
            else:
                yield f"{path}.{key}"
    elif isinstance(first, list | tuple) and isinstance(second, list | tuple):
        for number, (mine, theirs) in enumerate(zip(first, second, strict=False)):
            yield from _unequal(mine, theirs, f"{path}.{number}")
        if len(first) != len(second):
            yield path
    elif type(first) is not type(second) or repr(first) != repr(second):
        yield path


def _bytes(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.reshape(-1).contiguous().view(torch.uint8)


def _scores(first: RunFolder, second: RunFolder) -> Iterator[str]:
    mine, theirs = first.read_result(), second.read_result()
    for part in ("scores", "baselines"):
        for group in dict.fromkeys([*mine[part], *theirs[part]]):
            before, now = mine[part].get(group, {}), theirs[part].get(group, {})
            for name in dict.fromkeys([*before, *now]):
                if repr(before.get(name)) != repr(now.get(name)):
                    values = f"{before.get(name)} then, {now.get(name)} now"
                    yield f"{part}: {group} {name}: {values}"
