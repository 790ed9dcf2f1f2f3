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
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rnnlab.errors import StorageError

# What 64 bits hold, here and in MLflow.
_TOO_LARGE = 2**63


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
        point = Point(
            fields["name"],
            float(fields["value"]),
            fields["step"],
            fields["epoch"],
            fields["timestamp"],
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise StorageError(f"not a point: {line[:80]!r}") from error
    whole = (point.step, point.timestamp, 0 if point.epoch is None else point.epoch)
    if not isinstance(point.name, str) or not all(
        isinstance(number, int) and abs(number) < _TOO_LARGE for number in whole
    ):
        raise StorageError(f"not a point: {line[:80]!r}")
    return point


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
        StorageError: The file cannot be read, or a line is not a point.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror}") from error
    with file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n"):
                return
            offset += len(line)
            try:
                yield decode(line), offset
            except StorageError as error:
                raise StorageError(f"{path}: before byte {offset}: {error}") from error


def ends_at_a_line(path: Path, offset: int) -> bool:
    """Return whether byte ``offset`` is where a line begins.

    It is not where the file has become shorter: a power failure takes what was not on disk yet.
    """
    if offset == 0:
        return True
    try:
        with path.open("rb") as file:
            file.seek(offset - 1)
            return file.read(1) == b"\n"
    except FileNotFoundError:
        return False


def has_whole_line(path: Path, offset: int) -> bool:
    """Return whether a complete line stands at or after byte ``offset``."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return any(line.endswith(b"\n") for line in file)
    except FileNotFoundError:
        return False


def copy_whole_lines(source: Path, target: Path) -> None:
    """Copy a ``metrics.jsonl`` that somebody may still be writing; a torn last line is left out.

    Raises:
        OSError: One cannot be read, or the other not written.
    """
    content = source.read_bytes()
    target.write_bytes(content[: content.rfind(b"\n") + 1])


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
        self._path, self._lock = path, threading.Lock()
        self._steps: dict[str, array[int]] = {}
        self._torn: int | None = None
        try:
            # Opening a pipe would wait for a reader, and a link may lead out of the folder.
            if path.is_symlink() or (path.exists() and not path.is_file()):
                raise StorageError(f"cannot open {path}: not a regular file")
            # Unbuffered: one write call a batch of lines, so that a killed process loses none.
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise StorageError(f"cannot open {path}: {error.strerror}") from error
        whole = 0
        try:
            for point, end in read_from(path, 0):
                self._note(point)
                whole = end
            self._file.truncate(whole)
        except StorageError:
            self._file.close()
            raise
        except OSError as error:
            self._file.close()
            raise StorageError(f"cannot write {path}: {error.strerror}") from error

    def append(self, points: Iterable[Point]) -> int:
        """Write the points that are new and return how many those were.

        Raises:
            StorageError: The disk refused; nothing of this call is left in the file.
        """
        with self._lock:
            if self._file.closed:
                raise StorageError(f"cannot write {self._path}: it is closed")
            new = [point for point in points if self._note(point)]
            lines = b"".join(encode(point) for point in new)
            end = os.fstat(self._file.fileno()).st_size if self._torn is None else self._torn
            try:
                if self._torn is not None:
                    self._cut(end)
                while lines:
                    lines = lines[self._file.write(lines) :]
            # A signal that raises in here must not leave half a line either.
            except BaseException as error:
                with suppress(OSError):
                    self._cut(end)
                for point in new:
                    self._steps[point.name].remove(point.step)
                if not isinstance(error, OSError):
                    raise
                raise StorageError(f"cannot write {self._path}: {error.strerror}") from error
            return len(new)

    def sync(self) -> None:
        """Have the disk hold all points, even if the power fails.

        Raises:
            StorageError: The disk refused.
        """
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise StorageError(f"cannot write {self._path}: {error.strerror}") from error

    def _cut(self, end: int) -> None:
        # What cannot be cut off now is cut off before the next line is written.
        self._torn = end
        self._file.truncate(end)
        self._torn = None

    def last_step(self, prefix: str) -> int | None:
        """Return the largest step among the metrics whose name starts with ``prefix``."""
        with self._lock:
            return max(
                (s[-1] for name, s in self._steps.items() if s and name.startswith(prefix)),
                default=None,
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
