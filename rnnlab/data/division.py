"""The parts of a person's own examples, none of them empty."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import chain
from typing import NoReturn

from rnnlab.data.dataset import Part
from rnnlab.data.partition import partition
from rnnlab.errors import DataError


def divide_examples(
    strata: Sequence[Hashable],
    path: str,
    *,
    val_fraction: float,
    test_fraction: float,
    split_seed: int,
    groups: Sequence[Hashable] | None = None,
    given: Mapping[Part, Sequence[int]] | None = None,
) -> dict[Part, list[int]]:
    """Divide examples into three parts, each stratum in the same proportions.

    Args:
        strata: For each example the class whose proportions are to be kept.
        path: The file they come from, for messages.
        val_fraction: Share of the validation part.
        test_fraction: Share of the test part.
        split_seed: Decides which example is in which part.
        groups: For each example what it has in common with others that must not be torn apart.
        given: Positions of parts that are decided already; the rest is divided among the others.

    Returns:
        For each part the positions of its examples.

    Raises:
        ConfigError: See :func:`rnnlab.data.partition.partition`.
        DataError: There are too few examples for three parts.
    """
    if len(strata) < 3:
        _refuse(f"{len(strata)} examples are too few for three parts", path)
    decided = {part: list(positions) for part, positions in (given or {}).items()}
    taken = set(chain(*decided.values()))
    members: dict[Hashable, list[int]] = {}
    for position in range(len(strata)):
        if position not in taken:
            group = position if groups is None else groups[position]
            members.setdefault(group, []).append(position)
    together = list(members.values())
    chosen = partition(
        [strata[positions[0]] for positions in together],
        val_fraction=0 if "val" in decided else val_fraction,
        test_fraction=0 if "test" in decided else test_fraction,
        split_seed=split_seed,
    )
    parts = {
        part: decided.get(part) or [position for index in indices for position in together[index]]
        for part, indices in chosen.items()
    }
    if not all(parts.values()):
        sizes = ", ".join(f"{part} {len(positions)}" for part, positions in parts.items())
        _refuse(
            f"too few examples for three parts ({sizes}); more rows, or a larger "
            "dataset.val_fraction and dataset.test_fraction",
            path,
        )
    return parts


def _refuse(why: str, path: str) -> NoReturn:
    raise DataError(why, key="dataset.path", value=path)
