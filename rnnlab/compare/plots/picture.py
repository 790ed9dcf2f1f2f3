"""A picture that has become a file's content."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Picture:
    """A picture.

    Args:
        name: Name of its file, without suffix.
        title: What it shows, for a heading and for those who do not see it.
        png: The content of its file.
    """

    name: str
    title: str
    png: bytes
