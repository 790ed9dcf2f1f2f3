"""How far back the output depends on the input."""

from __future__ import annotations

from collections.abc import Mapping

from rnnlab.diagnostics.plain_numbers import plain_numbers
from rnnlab.diagnostics.plots.memory_curves import Saliency as SaliencyCurve
from rnnlab.diagnostics.plots.memory_curves import Swaps as SwapCurve
from rnnlab.diagnostics.plots.memory_curves import draw_memory
from rnnlab.diagnostics.section import Section, Table, picture
from rnnlab.probing.effective_context import effective_context
from rnnlab.probing.saliency import Saliency
from rnnlab.probing.swapping import Swaps

_NORMAL = 1.96  # half-width of a 95% interval, in standard errors

_SALIENCY = (
    "On the left the gradient of the last answer by the input k steps back. The effective context "
    "is the lag within which 90% of its sum lies."
)
_SWAPS = (
    "How much the last answer changes when the input at one lag is replaced by that of another "
    "sequence: unlike a gradient this sees whole changes, and what is saturated."
)


def memory_section(
    saliencies: Mapping[str, Saliency], swaps: Mapping[str, Swaps] | None = None
) -> Section:
    """Return how far back the output depends on the input.

    Args:
        saliencies: By the gradient, one for each moment of training.
        swaps: By exchanging inputs, one for each moment.
    """
    curves, changes = all_curves(saliencies), all_changes(swaps or {})
    words = [_SALIENCY] * bool(curves) + [_SWAPS] * bool(changes)
    return Section(
        name="memory",
        heading="Memory",
        words=tuple(words),
        findings=tuple(line for each in curves for line in _finding(each)),
        tables=(_table(swaps),) if swaps else (),
        pictures=picture("memory", "How far back the answer looks", draw_memory, curves, changes),
        numbers=plain_numbers({"saliency": saliencies, "swaps": swaps or {}}),
    )


def all_curves(saliencies: Mapping[str, Saliency]) -> list[SaliencyCurve]:
    """Return the saliency by lag and the effective context of each moment."""
    return [
        SaliencyCurve(moment, each.norms.tolist(), effective_context(each).lag)
        for moment, each in saliencies.items()
    ]


def all_changes(swaps: Mapping[str, Swaps]) -> list[SwapCurve]:
    """Return the change of the distribution, or of real values, with its 95% interval."""
    found = []
    for moment, each in swaps.items():
        change, unit = each.variation, "change of the output\n(total variation, 0 to 1)"
        if change is None:
            change, unit = each.absolute, "change of the output\n(mean absolute, as scaled)"
        errors = (_NORMAL * change.error).tolist()
        found.append(SwapCurve(moment, each.lags, change.mean.tolist(), errors, unit))
    return found


def _finding(curve: SaliencyCurve) -> list[str]:
    if curve.context is None:
        return []
    inputs, read = curve.context + 1, len(curve.norms)
    what = "the last input alone" if inputs == 1 else f"the last {inputs:.0f} of {read} inputs"
    return [f"{curve.name}: 90% of the saliency lies within {what}"]


def _table(swaps: Mapping[str, Swaps]) -> Table:
    rows = []
    for moment, each in swaps.items():
        for place, lag in enumerate(each.lags):
            columns = (each.absolute, each.variation, each.answers)
            numbers = (
                "–" if one is None or one.mean[place].isnan() else f"{float(one.mean[place]):.3g}"
                for one in columns
            )
            counts = (str(int(each.rows[place])), str(int(each.replaced[place])))
            rows.append((moment, str(lag), *counts, *numbers))
    head = ("when", "lag", "sequences", "with another input", "change of values",
            "total variation", "share of other answers")  # fmt: skip
    return Table(head, tuple(rows), labels=1)
