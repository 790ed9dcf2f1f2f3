"""Measurements inside recurrent layers: plain functions that return plain numbers."""

from rnnlab.probing.jacobian import StepJacobians, jacobian_matrices, step_jacobians
from rnnlab.probing.lyapunov import (
    LyapunovExponents,
    autonomous_lyapunov_exponents,
    lyapunov_exponents,
)
from rnnlab.probing.precision import in_double

__all__ = [
    "LyapunovExponents",
    "StepJacobians",
    "autonomous_lyapunov_exponents",
    "in_double",
    "jacobian_matrices",
    "lyapunov_exponents",
    "step_jacobians",
]
