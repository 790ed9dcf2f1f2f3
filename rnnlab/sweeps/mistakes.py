"""The mistakes of many runs, each told once, with the first run that has it."""

from __future__ import annotations

from collections.abc import Iterable

from rnnlab.errors import ConfigError, ConfigErrors, together
from rnnlab.sweeps.combinations import Combination


class Mistakes:
    """Collects mistakes and the runs that have them."""

    def __init__(self) -> None:
        self._runs: set[str] = set()
        self._errors: dict[str, ConfigError] = {}
        self._having: dict[str, dict[str, None]] = {}

    def look_at(self, run: Combination) -> None:
        """Note that a run is looked at."""
        self._runs.add(str(run))

    def add(self, error: ConfigError, runs: Iterable[Combination]) -> None:
        """Note a mistake, or several in one, of some runs."""
        for each in error.errors if isinstance(error, ConfigErrors) else (error,):
            self._errors.setdefault(str(each), each)
            self._having.setdefault(str(each), {}).update(dict.fromkeys(map(str, runs)))

    def raise_all(self) -> None:
        """Raise all mistakes together; what is wrong with all runs is told without one.

        Raises:
            ConfigError: There is one mistake; a ``ConfigErrors`` when there are several.
        """
        told = []
        for text, error in self._errors.items():
            first, *others = self._having[text]
            more = f" and {len(others)} more" if others else ""
            common = len(others) + 1 == len(self._runs)
            told.append(error if common else ConfigError(f"{text} ({first}{more})"))
        if (mistake := together(told)) is not None:
            raise mistake
