"""How far back an answer looks, as one number."""

from __future__ import annotations

from dataclasses import dataclass

from rnnlab.errors import ConfigError
from rnnlab.probing.saliency import Saliency

_ROUNDING = 1e-12


@dataclass(frozen=True)
class EffectiveContext:
    """The lag within which most of the summed saliency lies.

    Args:
        lag: In steps, 0 for the last step read: this one and ``lag`` inputs before it matter. None
            where the saliency is zero everywhere or not finite.
        share: Of the sum that lies within it, at least.
        longest: The greatest lag that was measured; a context near it says only that it is not
            shorter.
    """

    lag: int | None
    share: float
    longest: int


def effective_context(saliency: Saliency, share: float = 0.9) -> EffectiveContext:
    r"""Return the smallest k with :math:`\sum_{j \le k} s_j \ge share \cdot \sum_j s_j`.

    Args:
        saliency: The norms s by lag.
        share: Above 0, at most 1.

    Raises:
        ConfigError: ``share`` is out of range.
    """
    if not 0 < share <= 1:
        raise ConfigError("must be > 0 and <= 1", key="share", value=share)
    sums = saliency.norms.cumsum(0)
    total = sums[-1]
    longest = len(sums) - 1
    if not total.isfinite() or total == 0:
        return EffectiveContext(None, share, longest)
    within = sums >= share * total * (1 - _ROUNDING)
    return EffectiveContext(int(within.int().argmax()), share, longest)
