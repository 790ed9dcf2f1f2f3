"""What a dataset class is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Literal

from rnnlab.data.spec import DataSpec
from rnnlab.data.split import Split

Part = Literal["train", "val", "test"]


class Dataset(ABC):
    """Three parts and a description of them.

    The constructor takes flat keyword arguments, reads or generates the data, and splits it by
    ``split_seed`` (never by the run's seed), so that runs with other seeds share their test set.
    Vocabularies and scalers see the training part only.

    Attributes:
        baselines: Naive scores to compute, names of ``rnnlab.baselines`` or objects with its
            interface. None means: by the kind of the target.
        season_length: Steps after which a time series roughly repeats itself, or None.
    """

    baselines: tuple[Any, ...] | None = None
    season_length: int | None = None

    @property
    @abstractmethod
    def spec(self) -> DataSpec:
        """What the data is."""

    @abstractmethod
    def split(self, part: Part) -> Split:
        """Return the examples of one part."""

    @abstractmethod
    def sha256(self) -> str:
        """Return the hash of everything that was read or generated, hexadecimal."""
