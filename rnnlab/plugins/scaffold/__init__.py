"""Writing the package of a new plugin."""

from rnnlab.plugins.scaffold.naming import KINDS, Naming, naming
from rnnlab.plugins.scaffold.write import next_commands, write

__all__ = ["KINDS", "Naming", "naming", "next_commands", "write"]
