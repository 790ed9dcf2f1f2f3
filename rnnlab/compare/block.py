"""What several groups have in common, without holes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Unit = tuple[tuple[str, ...], int]
"""A combination of the other keys, and a seed."""


def complete(groups: Sequence[Iterable[Unit]]) -> tuple[list[tuple[str, ...]], list[int]]:
    """Return combinations and seeds such that every group has each combination with each seed.

    A mean over the combinations of one seed may be set against that of another only where both are
    over the same combinations. As long as some are missing, the combination or the seed that most
    is missing of, in proportion, is given up; of two alike the combination.

    Args:
        groups: The units of each group.
    """
    if not groups:
        return [], []
    common = set(groups[0]).intersection(*groups[1:])
    combinations = sorted({combination for combination, _ in common})
    seeds = sorted({seed for _, seed in common})
    while combinations and len(common) < len(combinations) * len(seeds):
        of_combination = {
            each: sum((each, seed) in common for seed in seeds) / len(seeds)
            for each in combinations
        }
        of_seed = {
            seed: sum((each, seed) in common for each in combinations) / len(combinations)
            for seed in seeds
        }
        combination = min(of_combination, key=lambda each: of_combination[each])
        seed = min(of_seed, key=lambda each: of_seed[each])
        if of_combination[combination] <= of_seed[seed]:
            combinations.remove(combination)
        else:
            seeds.remove(seed)
        common = {unit for unit in common if unit[0] in combinations and unit[1] in seeds}
    return combinations, seeds
