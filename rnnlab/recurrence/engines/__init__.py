"""Ways to run a cell over time; one file each.

A new engine is a subclass of :class:`Engine` in a file of its own and an entry in
:data:`rnnlab.recurrence.engines.registry.ENGINES`.
"""

from rnnlab.recurrence.engines.choice import Choice
from rnnlab.recurrence.engines.engine import Engine
from rnnlab.recurrence.engines.registry import ENGINES, check_engine, choose
from rnnlab.recurrence.engines.running import run

__all__ = ["ENGINES", "Choice", "Engine", "check_engine", "choose", "run"]
