"""One run of a sweep: its attempts, of which the highest number is believed.

    <sweep>/runs/<fingerprint>/
      config.yaml       what the run is; written last: with it the folder is a run
      mlflow.json       which MLflow run shows it, and how far that has got
      attempts/<n>/     what claim number n wrote: a run folder like any other

Whoever makes ``attempts/<n>`` has claimed the run, and no two can make the same folder. Claim n
writes there alone, so that a worker which was stopped, and comes back when another has long taken
the run, changes nothing that anybody believes.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rnnlab.errors import StorageError
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.sweep_paths import ATTEMPTS
from rnnlab.tracking.points import copy_whole_lines

# What a claim goes on from. What describes the machine is written anew.
_FILES = ("manifest.json", "spec.json", "init.json", "origin.json", "log.txt")


@dataclass(frozen=True)
class SweptRun:
    """A run of a sweep.

    Args:
        path: Its folder, named by its fingerprint; absolute.
    """

    path: Path

    @property
    def fingerprint(self) -> str:
        """What the run is known by."""
        return self.path.name

    @property
    def config(self) -> Path:
        """The resolved config, YAML."""
        return self.path / "config.yaml"

    def numbers(self) -> list[int]:
        """Return the numbers of all claims, rising."""
        with suppress(FileNotFoundError):
            names = os.listdir(self.path / ATTEMPTS)
            return sorted(int(name) for name in names if name.isdecimal())
        return []

    def attempt(self, number: int) -> RunFolder:
        """Return the folder of a claim."""
        return RunFolder(self.path / ATTEMPTS / str(number))

    def believed(self) -> RunFolder | None:
        """Return the folder of the highest claim; None where there is none, or it is being made."""
        numbers = self.numbers()
        if not numbers:
            return None
        attempt = self.attempt(numbers[-1])
        return attempt if attempt.config.exists() else None

    def is_believed(self, attempt: RunFolder) -> bool:
        """Return whether nobody has claimed the run after this attempt."""
        numbers = self.numbers()
        return bool(numbers) and attempt.path.name == str(numbers[-1])

    def claim(self, after: int) -> RunFolder | None:
        """Claim the run, and go on from what the claims before have reached.

        Args:
            after: The highest number that the caller has seen, 0 for none.

        Returns:
            The new attempt's folder, ready to be executed; None where somebody else was faster.

        Raises:
            StorageError: The disk refused; the claim stays behind, empty, and bars nobody.
        """
        attempt = self.attempt(after + 1)
        try:
            attempt.path.parent.mkdir(exist_ok=True)
            attempt.path.mkdir()
        except FileExistsError:
            return None
        except OSError as error:
            raise StorageError(f"{attempt.path}: {error.strerror}") from error
        try:
            attempt.write_status(Status.CREATED)  # first: it says who to ask whether they live
            if (before := self._made_before(after)) is not None:
                _take_over(before, attempt)
            draft = attempt.path / ".config.yaml.part"
            shutil.copyfile(self.config, draft)
            draft.replace(attempt.config)  # last: with its config the folder is a run
        except OSError as error:
            raise StorageError(f"{attempt.path}: {error.strerror}") from error
        return attempt

    def _made_before(self, number: int) -> RunFolder | None:
        """Return the highest attempt up to a number that was ever ready."""
        for candidate in reversed(self.numbers()):
            if candidate <= number and self.attempt(candidate).config.exists():
                return self.attempt(candidate)
        return None


def _take_over(before: RunFolder, attempt: RunFolder) -> None:
    """Copy what a run goes on from; the points too: some may have been shown already."""
    for name in _FILES:
        if (source := before.path / name).exists():
            shutil.copyfile(source, attempt.path / name)
    if before.metrics.exists():
        copy_whole_lines(before.metrics, attempt.metrics)
    if before.looks.exists():
        attempt.looks.parent.mkdir()
        copy_whole_lines(before.looks, attempt.looks)
    if before.checkpoints.exists():
        attempt.checkpoints.mkdir()
        for source in sorted(before.checkpoints.glob("*.ckpt")):
            _link_or_copy(source, attempt.checkpoints / source.name)


def _link_or_copy(source: Path, target: Path) -> None:
    # A checkpoint is replaced and never written into: what is linked here does not change.
    try:
        os.link(source, target)
    except FileNotFoundError:
        return  # a late writer has just replaced it by another name
    except OSError:
        with suppress(FileNotFoundError):
            shutil.copyfile(source, target)
