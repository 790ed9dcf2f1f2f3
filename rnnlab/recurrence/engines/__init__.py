"""Ways to run a cell over time; one file each.

A new engine is a subclass of :class:`Engine` in a file of its own and an entry in
:data:`rnnlab.recurrence.engines.registry.ENGINES`.
"""

from rnnlab.recurrence.engines.engine import Engine
from rnnlab.recurrence.engines.registry import ENGINES, Choice, check_engine, choose

__all__ = ["ENGINES", "Choice", "Engine", "check_engine", "choose"]
