"""Measurements inside recurrent layers: plain functions that return plain numbers."""

from rnnlab.probing.jacobian import StepJacobians, jacobian_matrices, step_jacobians
from rnnlab.probing.precision import in_double

__all__ = ["StepJacobians", "in_double", "jacobian_matrices", "step_jacobians"]
