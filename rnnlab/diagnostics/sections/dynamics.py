"""What a step does to small differences of states: Jacobians and Lyapunov exponents."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rnnlab.diagnostics.plain_numbers import plain_numbers
from rnnlab.diagnostics.plots.lyapunov import Spectrum, draw_lyapunov
from rnnlab.diagnostics.plots.singular_values import StepBands, draw_singular_values
from rnnlab.diagnostics.section import Section, picture

_JACOBIANS = (
    "The singular values of the Jacobian of a step, ds_t / ds_(t-1), are the factors by which it "
    "stretches or shrinks a small difference of states, in each direction. A gradient passes the "
    "same matrix on its way back. If the greatest stay below 1 it must vanish; above 1 it may grow."
)
_EXPONENTS = (
    "The Lyapunov exponents are the rates of growth over many steps, along the states that the "
    "data drives the layer through. The largest decides: below 0 the past is forgotten, near 0 it "
    "is kept, above 0 the smallest difference grows, which is chaos."
)
_NEAR = 0.01


def dynamics_section(bands: Sequence[StepBands], spectra: Sequence[Spectrum]) -> Section:
    """Return what the steps of each layer do to differences.

    Args:
        bands: Singular values and spectral radii along time.
        spectra: Lyapunov exponents.
    """
    words = [_JACOBIANS] * bool(bands) + [_EXPONENTS] * bool(spectra)
    return Section(
        name="dynamics",
        heading="Step Jacobians and Lyapunov exponents",
        words=tuple(words),
        findings=tuple(line for spectrum in spectra for line in _finding(spectrum)),
        pictures=picture("singular_values", "Step Jacobians", draw_singular_values, bands)
        + picture("lyapunov", "Lyapunov exponents", draw_lyapunov, spectra),
        numbers=plain_numbers({"jacobians": bands, "lyapunov": spectra}),
    )


def _finding(spectrum: Spectrum) -> list[str]:
    known = [value for value in spectrum.exponents if not math.isnan(value)]
    if not known:
        return []
    most = max(known)
    if most == -math.inf:
        return [f"{spectrum.name}: a step forgets every difference at once"]
    if most > _NEAR:
        what = f"differences grow to e times in {1 / most:.3g} steps (chaos)"
    elif most < -_NEAR:
        what = f"differences shrink to 1/e in {-1 / most:.3g} steps"
    else:
        what = "differences neither grow nor shrink"
    return [f"{spectrum.name}: the largest Lyapunov exponent is {most:.3g} a step: {what}"]
