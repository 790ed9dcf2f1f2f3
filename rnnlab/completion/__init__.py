"""Shell completion: what fits at the cursor, and the scripts that ask for it."""

from rnnlab.completion.candidates import candidates
from rnnlab.completion.scripts import script

__all__ = ["candidates", "script"]
