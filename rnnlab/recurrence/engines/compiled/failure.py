"""What is raised where a step cannot be compiled."""

from __future__ import annotations

from rnnlab.errors import RnnlabError, one_line


class CompileFailed(RnnlabError):
    """A step cannot be compiled.

    Args:
        reason: Why, in one line that names the operation at fault where there is one.
    """

    def __init__(self, reason: str) -> None:
        self.reason = one_line(reason)
        super().__init__(self.reason)
