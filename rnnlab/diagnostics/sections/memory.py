"""How far back the output depends on the input."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.diagnostics.plain_numbers import plain_numbers
from rnnlab.diagnostics.plots.memory_curves import Saliency, Swaps, draw_memory
from rnnlab.diagnostics.section import Section, picture

_SALIENCY = (
    "On the left the gradient of the last answer by the input k steps back. The effective context "
    "is the lag within which 90% of its sum lies."
)
_SWAPS = (
    "How much the last answer changes when the input at one lag is replaced by that of another "
    "sequence: unlike a gradient this sees whole changes, and what is saturated."
)


def memory_section(saliencies: Sequence[Saliency], swaps: Sequence[Swaps] = ()) -> Section:
    """Return how far back the output depends on the input.

    Args:
        saliencies: By the gradient, one for each moment of training; contexts are in whole lags.
        swaps: By exchanging inputs.
    """
    words = [_SALIENCY] * bool(saliencies) + [_SWAPS] * bool(swaps)
    findings = []
    for each in saliencies:
        if each.context is not None:
            longest = len(each.norms) - 1
            findings.append(
                f"{each.name}: 90% of the saliency lies within the last {each.context + 1:.0f} of "
                f"{longest + 1} inputs"
            )
    return Section(
        name="memory",
        heading="Memory",
        words=tuple(words),
        findings=tuple(findings),
        pictures=picture("memory", "How far back the answer looks", draw_memory, saliencies, swaps),
        numbers=plain_numbers({"saliency": saliencies, "swaps": swaps}),
    )
