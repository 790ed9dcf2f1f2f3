"""How examples are divided into training, validation and test parts."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Sequence

from rnnlab.data.dataset import Part
from rnnlab.errors import ConfigError


def shuffled(count: int, seed: int) -> list[int]:
    """Return 0 … count - 1 in an order that depends on ``seed`` only.

    Python promises that ``random.Random(seed).random()`` gives the same numbers in all later
    versions. No library promises that of its shuffles, and a test set must never move.
    """
    generator = random.Random(seed)
    keys = [generator.random() for _ in range(count)]
    return sorted(range(count), key=keys.__getitem__)


def partition(
    strata: Sequence[Hashable],
    *,
    val_fraction: float,
    test_fraction: float,
    split_seed: int,
) -> dict[Part, list[int]]:
    """Divide examples so that each stratum is divided in the same proportions.

    Args:
        strata: For each example the group (the class, say) whose proportions are to be kept.
        val_fraction: Share of each group that goes to the validation part.
        test_fraction: Share of each group that goes to the test part.
        split_seed: Decides who goes where; nothing else does.

    Returns:
        For each part the positions of its examples, in a shuffled order.

    Raises:
        ConfigError: A share is negative, or nothing would be left to train on.
    """
    for name, share in (("val_fraction", val_fraction), ("test_fraction", test_fraction)):
        if not 0 <= share < 1:
            raise ConfigError("must be >= 0 and < 1", key=f"dataset.{name}", value=share)
    counts = Counter(strata)
    test_quota = {group: round(count * test_fraction) for group, count in counts.items()}
    val_quota = {group: round(count * val_fraction) for group, count in counts.items()}
    parts: dict[Part, list[int]] = {"train": [], "val": [], "test": []}
    for position in shuffled(len(strata), split_seed):
        group = strata[position]
        if test_quota[group] > 0:
            test_quota[group] -= 1
            parts["test"].append(position)
        elif val_quota[group] > 0:
            val_quota[group] -= 1
            parts["val"].append(position)
        else:
            parts["train"].append(position)
    if not parts["train"]:
        raise ConfigError(
            f"with dataset.test_fraction={test_fraction:g} leaves nothing to train on",
            key="dataset.val_fraction",
            value=val_fraction,
        )
    return parts
