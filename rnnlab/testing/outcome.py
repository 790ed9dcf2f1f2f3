"""What became of one rule of a contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Outcome:
    """What became of one rule.

    Args:
        rule: The name of the method, ``test_…``.
        verdict: ``skipped`` where the rule does not apply, or needs another one that failed.
        reason: What to change, or why it was skipped; empty where it passed.
    """

    rule: str
    verdict: Verdict
    reason: str = ""
