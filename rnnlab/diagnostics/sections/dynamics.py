"""What a step does to small differences of states: Jacobians and Lyapunov exponents."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rnnlab.diagnostics.layer_names import layer_name
from rnnlab.diagnostics.plain_numbers import plain_numbers
from rnnlab.diagnostics.plots.lyapunov import Spectrum, draw_lyapunov
from rnnlab.diagnostics.plots.singular_values import (
    StepBands,
    draw_singular_values,
    quantiles,
)
from rnnlab.diagnostics.section import Section, Table, picture
from rnnlab.probing.jacobian import StepJacobians
from rnnlab.probing.lyapunov import LyapunovExponents

_JACOBIANS = (
    "The singular values of the Jacobian of a step, ds_t / ds_(t-1), are the factors by which it "
    "stretches or shrinks a small difference of states, in each direction. A gradient passes the "
    "same matrix on its way back. If the greatest stay below 1 it must vanish; above 1 it may grow."
)
_EXPONENTS = (
    "The Lyapunov exponents are the rates of growth over many steps, along the states that the "
    "data drives the layer through. The largest decides: below 0 the past is forgotten, near 0 it "
    "is kept, above 0 the smallest difference grows, which is chaos. They are meant in the long "
    "run: those of short sequences tell of these steps alone."
)
_NEAR = 0.01
_LONG = 100
"""Over fewer steps growth may be that of a beginning, and is not called chaos."""


def dynamics_section(
    jacobians: Mapping[str, StepJacobians], exponents: Mapping[str, LyapunovExponents]
) -> Section:
    """Return what the steps of each layer do to differences.

    Args:
        jacobians: By layer, along the states that a batch drove it through.
        exponents: By layer, along the same states.
    """
    bands, spectra = all_bands(jacobians), all_spectra(exponents)
    words = [_JACOBIANS] * bool(bands) + [_EXPONENTS] * bool(spectra)
    if any(not each.formed for each in jacobians.values()):
        words.append(
            "Where a state is large only the greatest singular values were computed: least and "
            "quarters are of those."
        )
    return Section(
        name="dynamics",
        heading="Step Jacobians and Lyapunov exponents",
        words=tuple(words),
        findings=tuple(
            line
            for spectrum, found in zip(spectra, exponents.values(), strict=True)
            for line in _finding(spectrum, float(found.errors[0]), int(found.steps.max()))
        ),
        tables=(_table(jacobians),) if jacobians else (),
        pictures=picture("singular_values", "Step Jacobians", draw_singular_values, bands)
        + picture("lyapunov", "Lyapunov exponents", draw_lyapunov, spectra),
        numbers=plain_numbers(
            {
                "jacobians": {
                    layer: _numbers(each, band)
                    for (layer, each), band in zip(jacobians.items(), bands, strict=True)
                },
                "lyapunov": exponents,
            }
        ),
    )


def all_bands(jacobians: Mapping[str, StepJacobians]) -> list[StepBands]:
    """Return the singular values of all sequences at each step, and the median spectral radius."""
    found = []
    for layer, each in jacobians.items():
        values = each.values.transpose(0, 1).flatten(1)  # (T, B*k)
        radius = None if each.radii is None else each.radii.nanmedian(0).values
        found.append(StepBands(layer_name(layer), values.numpy(), radius))
    return found


def all_spectra(exponents: Mapping[str, LyapunovExponents]) -> list[Spectrum]:
    """Return the exponents of each layer."""
    return [
        Spectrum(layer_name(layer), each.exponents.tolist()) for layer, each in exponents.items()
    ]


def _numbers(jacobians: StepJacobians, bands: StepBands) -> dict[str, Any]:
    names = ("least", "lower_quarter", "median", "upper_quarter", "greatest")
    return {
        "states": jacobians.states,
        "size": jacobians.size,
        "formed": jacobians.formed,
        "resets": jacobians.resets,
        "singular_values": dict(zip(names, quantiles(bands.values), strict=True)),
        "spectral_radius": bands.radius,
    }


def _table(jacobians: Mapping[str, StepJacobians]) -> Table:
    rows = []
    for layer, each in jacobians.items():
        norms = each.norms[each.norms.isfinite()]
        radii = None if each.radii is None else each.radii[each.radii.isfinite()]
        numbers = (
            norms.median() if len(norms) else None,
            norms.max() if len(norms) else None,
            radii.median() if radii is not None and len(radii) else None,
        )
        rows.append(
            (
                layer_name(layer),
                ", ".join(each.states),
                *("–" if number is None else f"{float(number):.3g}" for number in numbers),
            )
        )
    head = ("layer", "state", "spectral norm, median", "spectral norm, greatest",
            "spectral radius, median")  # fmt: skip
    return Table(head, tuple(rows), labels=2)


def _finding(spectrum: Spectrum, error: float, steps: int) -> list[str]:
    known = [value for value in spectrum.exponents if not math.isnan(value)]
    if not known:
        return []
    most = max(known)
    if most == -math.inf:
        return [f"{spectrum.name}: a step forgets every difference at once"]
    unsure = error if math.isfinite(error) else 0.0
    if most > max(_NEAR, 2 * unsure):
        grown = "grow" if steps < _LONG else "grow, which is chaos,"
        what = f"differences {grown} to e times in {1 / most:.3g} steps"
    elif most < -max(_NEAR, 2 * unsure):
        what = f"differences shrink to 1/e in {-1 / most:.3g} steps"
    else:
        what = "differences neither grow nor shrink, as far as can be told"
    over = "" if steps >= _LONG else f" (over {steps} steps at most)"
    size = f"{most:.3g} ± {unsure:.2g}" if unsure else f"{most:.3g}"
    return [f"{spectrum.name}: the largest Lyapunov exponent is {size} a step: {what}{over}"]
