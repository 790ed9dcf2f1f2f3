"""How large the model of a benchmark is."""

from __future__ import annotations

from dataclasses import dataclass

from rnnlab.errors import ConfigError


@dataclass(frozen=True)
class Size:
    """The size of a recurrent layer and its batch.

    Args:
        batch: B.
        steps: T.
        hidden: H.
    """

    batch: int
    steps: int
    hidden: int

    @classmethod
    def parse(cls, text: str) -> Size:
        """Return the size of a text ``B,T,H``.

        Raises:
            ConfigError: It is not three positive whole numbers, or T is too short for two markers.
        """
        try:
            batch, steps, hidden = (int(part) for part in text.split(","))
        except ValueError:
            raise ConfigError(
                "must be three whole numbers",
                key="--size",
                value=text,
                valid="B,T,H such as 32,20,32",
            ) from None
        if min(batch, hidden) < 1 or steps < 2:
            raise ConfigError("B and H are at least 1, and T at least 2", key="--size", value=text)
        return cls(batch, steps, hidden)

    def __str__(self) -> str:
        return f"{self.batch},{self.steps},{self.hidden}"
