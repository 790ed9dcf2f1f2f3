"""``metrics.jsonl`` of a run folder: every logged point, one JSON object a line.

    {"name": "train/loss", "value": 0.25, "step": 10, "epoch": 0, "timestamp": 1700000000000}

``timestamp`` is in milliseconds since 1970; ``epoch`` is null where there is none. JSON has no
non-finite numbers, so those stand as the strings ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``,
which ``float`` accepts.
"""

from __future__ import annotations

import json
import math
import os
import threading
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rnnlab.errors import StorageError


@dataclass(frozen=True, slots=True)
class Point:
    """One value of one metric.

    Args:
        name: The metric, ``train/loss``.
        value: Its value; may be NaN or infinite.
        step: The optimizer step, or the sample number of a system metric.
        epoch: The epoch, or None.
        timestamp: When it was logged, in milliseconds since 1970.
    """

    name: str
    value: float
    step: int
    epoch: int | None
    timestamp: int


def encode(point: Point) -> bytes:
    """Return the line of a point, with its newline."""
    value = point.value if math.isfinite(point.value) else _non_finite(point.value)
    fields = {
        "name": point.name,
        "value": value,
        "step": point.step,
        "epoch": point.epoch,
        "timestamp": point.timestamp,
    }
    return json.dumps(fields, allow_nan=False).encode() + b"\n"


def decode(line: bytes) -> Point:
    """Return the point of a line.

    Raises:
        StorageError: The line is not a point.
    """
    try:
        fields = json.loads(line)
        return Point(
            fields["name"],
            float(fields["value"]),
            fields["step"],
            fields["epoch"],
            fields["timestamp"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"not a point: {line[:80]!r}") from error


def _non_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def read_points(path: Path) -> list[Point]:
    """Return all points of a ``metrics.jsonl``; none when there is no file.

    A last line without newline was torn by a crash, or is being written, and is left out.

    Raises:
        StorageError: A line is not a point.
    """
    return [point for point, _ in read_from(path, 0)] if path.exists() else []


def read_from(path: Path, offset: int) -> Iterator[tuple[Point, int]]:
    """Yield the complete lines that begin at byte ``offset``, each with the offset of its end.

    Raises:
        StorageError: A line is not a point.
    """
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n"):
                return
            offset += len(line)
            try:
                yield decode(line), offset
            except StorageError as error:
                raise StorageError(f"{path}: before byte {offset}: {error}") from error


class PointsFile:
    """The one writer of a ``metrics.jsonl``; threads may share it.

    Opening cuts off a torn last line. A (name, step) that is already there is not written again,
    so a resumed run may log its last steps once more.

    Args:
        path: The file; made if it is missing.

    Raises:
        StorageError: The file cannot be opened, or a line of it is not a point.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._steps: dict[str, array[int]] = {}
        try:
            # Unbuffered: one write call a batch of lines, so that a killed process loses none.
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise StorageError(f"cannot open {path}: {error.strerror}") from error
        whole = 0
        try:
            for point, end in read_from(path, 0):
                self._note(point)
                whole = end
        except StorageError:
            self._file.close()
            raise
        self._file.truncate(whole)

    def append(self, points: Iterable[Point]) -> int:
        """Write the points that are new and return how many those were.

        Raises:
            StorageError: The disk refused; nothing of this call is left in the file.
        """
        with self._lock:
            new = [point for point in points if self._note(point)]
            lines = b"".join(encode(point) for point in new)
            end = os.fstat(self._file.fileno()).st_size
            try:
                while lines:
                    lines = lines[self._file.write(lines) :]
            except OSError as error:
                self._file.truncate(end)
                for point in new:
                    self._steps[point.name].remove(point.step)
                raise StorageError(f"cannot write {self._file.name}: {error.strerror}") from error
            return len(new)

    def sync(self) -> None:
        """Have the disk hold all points, even if the power fails.

        Raises:
            StorageError: The disk refused.
        """
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise StorageError(f"cannot write {self._file.name}: {error.strerror}") from error

    def last_step(self, prefix: str) -> int | None:
        """Return the largest step among the metrics whose name starts with ``prefix``."""
        with self._lock:
            return max(
                (s[-1] for name, s in self._steps.items() if name.startswith(prefix)), default=None
            )

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._file.close()

    def _note(self, point: Point) -> bool:
        """Remember (name, step) and return whether it is new. Steps are kept sorted per name."""
        steps = self._steps.setdefault(point.name, array("q"))
        if not steps or point.step > steps[-1]:
            steps.append(point.step)
            return True
        place = bisect_left(steps, point.step)
        if steps[place] == point.step:
            return False
        steps.insert(place, point.step)
        return True
