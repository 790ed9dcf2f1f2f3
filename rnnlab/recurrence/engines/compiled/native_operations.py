"""All operations that a step in C++ may have."""

from __future__ import annotations

from rnnlab.recurrence.engines.compiled import native_arithmetic, native_places, native_sums
from rnnlab.recurrence.engines.compiled.native_vocabulary import OPERATIONS, Read, Term

__all__ = ["OPERATIONS", "Read", "Term"]

_ = (native_arithmetic, native_places, native_sums)  # each adds its own
