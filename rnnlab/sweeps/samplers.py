"""The ways to search: who chooses the next setting, and what each cannot do.

=======  ==========================================================================================
random   Independent draws. Bergstra & Bengio 2012, JMLR 13.
tpe      Tree-structured Parzen estimator: draws where settings were good. Bergstra et al. 2011,
         NeurIPS; all keys at a time, and settings that are still running count as bad, so that
         several workers do not try the same.
gp       Gaussian process with expected improvement, after ten random draws. Few and costly runs.
cmaes    Covariance matrix adaptation. Hansen 2016, arXiv:1604.00772. Two or more numbers, many
         runs.
=======  ==========================================================================================
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from rnnlab.errors import ConfigError
from rnnlab.sweeps.space import Space

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

SEARCHES = ("random", "tpe", "gp", "cmaes")
_KEY = "sweep.search"
_STARTUP = 10


def check_search(name: str, space: Space, objectives: int) -> None:
    """Check that a way to search can choose from a space.

    Args:
        name: Which.
        space: What it is to choose from.
        objectives: How many things are searched for.

    Raises:
        ConfigError: It cannot.
    """
    if not space.axes:
        why = (
            "nothing is searched; give a key several values, such as "
            "optimizer.lr=tag(log,interval(1e-4,1e-1)) or cell=gru,lstm"
        )
        raise ConfigError(why, key=_KEY, value=name)
    if name != "cmaes":
        return
    valid = ("random", "tpe", "gp")
    unordered = [axis.key for axis in space.axes if axis.kind == "choice"]
    if unordered:
        why = f"chooses numbers, and {unordered[0]} has values without an order"
        raise ConfigError(why, key=_KEY, value=name, valid=valid)
    if len(space.axes) < 2:
        why = f"needs two keys or more to choose, and there is {space.axes[0].key} alone"
        raise ConfigError(why, key=_KEY, value=name, valid=valid)
    if objectives > 1:
        raise ConfigError("has one objective", key=_KEY, value=name, valid=valid)


def make_sampler(name: str, seed: int, tried: int) -> BaseSampler:
    """Return what chooses one setting.

    It is made anew for each, so that whoever goes on with a search chooses what would have been
    chosen, and two that search together never draw the same numbers.

    Args:
        name: Which.
        seed: Of the search.
        tried: How many settings were chosen before.
    """
    from optuna.samplers import CmaEsSampler, GPSampler, RandomSampler, TPESampler

    digest = hashlib.sha256(f"{seed}:{tried}".encode()).digest()
    own = int.from_bytes(digest[:4], "big")
    if name == "random":
        return RandomSampler(seed=own)
    if name == "tpe":
        return TPESampler(
            seed=own,
            n_startup_trials=_STARTUP,
            n_ei_candidates=24,
            multivariate=True,
            constant_liar=True,
        )
    if name == "gp":
        return GPSampler(seed=own, n_startup_trials=_STARTUP, deterministic_objective=False)
    return CmaEsSampler(seed=own, n_startup_trials=1, warn_independent_sampling=False)
