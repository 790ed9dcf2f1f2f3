"""What an installed component can do: its contract, and for a cell a capability card."""

from rnnlab.capability.check import check_all

__all__ = ["check_all"]
