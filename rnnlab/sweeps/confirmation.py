"""The best settings once more, with seeds that had no part in choosing them.

The best of many measured values is better than what its setting gives: it was also lucky. Fresh
seeds tell how good the setting is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rnnlab.sweeps.combinations import Combination
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.making import Maker
from rnnlab.sweeps.ranking import Scored
from rnnlab.sweeps.replicates import SEED, Replicates

_END = 2**32


def confirming(
    settings: Sequence[Scored], used: Iterable[int], count: int, maker: Maker
) -> list[Job]:
    """Return the runs that confirm some settings.

    Args:
        settings: The best ones.
        used: Every seed of the search.
        count: How many fresh seeds each setting gets; they are the same for all.
        maker: Makes runs.

    Raises:
        ConfigError: One of them cannot be made any more.
    """
    seeds = fresh_seeds(used, count)
    wanted = [_with_seed(scored.setting, seed) for scored in settings for seed in seeds]
    return maker.make(wanted, Replicates())[0]


def fresh_seeds(used: Iterable[int], count: int) -> list[int]:
    """Return seeds that are not among some others: those after the greatest."""
    known = set(used)
    start = max(known, default=-1) + 1
    found: list[int] = []
    while len(found) < count:
        if start % _END not in known:
            found.append(start % _END)
        start += 1
    return found


def _with_seed(setting: Combination, seed: int) -> Combination:
    overrides = (item for item in setting.overrides if item.partition("=")[0].lstrip("+") != SEED)
    swept = {key: value for key, value in setting.swept.items() if key != SEED}
    return Combination((*overrides, f"{SEED}={seed}"), {**swept, SEED: str(seed)})
