"""The sizes at which cells are measured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from rnnlab.errors import ConfigError


@dataclass(frozen=True)
class Size:
    """How much there is to compute. Input steps have as many features as there are units.

    Args:
        B: Rows of the batch.
        T: Steps.
        H: Units, and features of one input step.
    """

    B: int
    T: int
    H: int

    def __str__(self) -> str:
        return f"{self.B},{self.T},{self.H}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the size that a text such as ``32,100,64`` names.

        Raises:
            ConfigError: It names none.
        """
        numbers = re.fullmatch(r"\s*(\d{1,7})\s*,\s*(\d{1,7})\s*,\s*(\d{1,7})\s*", text)
        if numbers is None or "0" in (found := [str(int(item)) for item in numbers.groups()]):
            why = "must be three whole numbers from 1, batch,steps,units, as in 32,100,64"
            raise ConfigError(why, key="--size", value=text)
        return cls(*map(int, found))


SIZES = tuple(map(Size.parse, ("32,20,32", "32,100,64", "32,100,256", "128,100,128", "32,1000,64")))
"""From a tiny training step to one whose products are large, and a long sequence."""
