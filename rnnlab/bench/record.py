"""What was measured, kept: in memory, and as a JSON file with every single figure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from rnnlab.bench.machine import described
from rnnlab.bench.size import Size
from rnnlab.compare.writing import check_file
from rnnlab.errors import ConfigError, StorageError
from rnnlab.runs.json_files import read_json, write_json

FORMAT = 1

# Kernels on several threads wait for each other where another process has a core.
_DISTURBING = 10.0


@dataclass
class Measured:
    """What was measured of one candidate in one case.

    Args:
        name: ``nn.LSTM``, ``compiled``, ….
        kind: ``engine`` or ``peer``.
        forward: Seconds of each forward pass.
        forward_backward: Seconds of each forward and backward pass.
        first_seconds: How long the very first forward and backward pass took, compiling included;
            what a compiler keeps on disk may have been there.
        allocated_bytes: Peak of what the library asked for.
        resident_bytes: Peak of what the process occupied, beyond what it did before.
        difference: The greatest difference of output and input gradient from the first candidate's,
            over the greatest number among those.
        trouble: Why there is nothing of the above.
    """

    name: str
    kind: str
    forward: list[float] = field(default_factory=list)
    forward_backward: list[float] = field(default_factory=list)
    first_seconds: float = math.nan
    allocated_bytes: int | None = None
    resident_bytes: int | None = None
    difference: float = 0.0
    trouble: str = ""

    @property
    def seconds(self) -> float:
        """Median of forward and backward; NaN where there is none."""
        return median(self.forward_backward) if self.forward_backward else math.nan


@dataclass
class Result:
    """One cell at one size.

    Args:
        cell: Its name.
        size: B, T and H.
        measured: One for each candidate.
        parameters: How many numbers the cell learns.
        compile_seconds: What the first call of a new process takes beyond later ones, by candidate:
            ``cold``, with nothing compiled before, and ``warm``; of ``auto`` and ``compile``.
        others_percent: How much of the processors other processes took while it was measured.
    """

    cell: str
    size: Size
    measured: list[Measured]
    parameters: int
    compile_seconds: dict[str, dict[str, float]] = field(default_factory=dict)
    others_percent: float = math.nan

    @property
    def disturbed(self) -> bool:
        """Whether other processes took so much that the figures may be off."""
        return self.others_percent >= _DISTURBING

    def of(self, name: str) -> Measured | None:
        """Return what was measured of a candidate, by its name; None if nothing."""
        found = (item for item in self.measured if item.name == name and not item.trouble)
        return next(found, None)


@dataclass
class Record:
    """A measurement.

    Args:
        verb: ``cells``, ``auto`` or ``compile``.
        machine: See :func:`rnnlab.bench.machine.machine`.
        setting: Seed, arguments, seconds of a case, the command, the time of day.
        remarks: A line for each peer that did not take part.
        results: One for each cell and size.
    """

    verb: str
    machine: dict[str, Any]
    setting: dict[str, Any]
    remarks: list[str] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the remarks, and one on what disturbed the measurement."""
        disturbed = [each.others_percent for each in self.results if each.disturbed]
        if not disturbed:
            return self.remarks
        said = f"other processes took up to {max(disturbed):.0f} % of the processors meanwhile"
        return [*self.remarks, f"{said}: figures may be off"]

    def write(self, path: Path, **more: Any) -> None:
        """Write a JSON file whole.

        Args:
            path: The file.
            more: What was derived from it, for other readers; it is not read again.

        Raises:
            StorageError: It cannot be written.
        """
        plain = asdict(self)
        for result, kept in zip(plain["results"], self.results, strict=True):
            result["size"] = str(kept.size)
            for item in result["measured"]:
                item["summary"] = {
                    name: spread(item[name])
                    for name in ("forward", "forward_backward")
                    if item[name]
                }
        write_json(path, _without_nan({"rnnlab_bench": FORMAT, **plain, **more}))


def read(paths: Sequence[Path], verb: str) -> Record:
    """Return the measurement that one or several files hold together.

    Args:
        paths: Files of one machine with the same versions; where two have the same cell and size,
            the later one counts.
        verb: What the files must have come from.

    Raises:
        ConfigError: A file cannot be read, is something else, or is of another machine.
    """
    records = [_read(path, verb) for path in paths]
    first = records[0]
    for path, other in zip(paths[1:], records[1:], strict=True):
        if differing := sorted(
            key for key in first.machine if first.machine[key] != other.machine.get(key)
        ):
            why = f"is of another machine than {paths[0]}: {', '.join(differing)} differ"
            raise ConfigError(why, key="--from", value=path)
    together: dict[tuple[str, Size], Result] = {}
    for record in records:
        together |= {(result.cell, result.size): result for result in record.results}
    lines = list(dict.fromkeys(line for record in records for line in record.remarks))
    return Record(verb, first.machine, first.setting, lines, list(together.values()))


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Return median and quartiles, and of how many."""
    low, middle, high = quantiles(seconds, n=4, method="inclusive") if len(seconds) > 1 else (
        [seconds[0]] * 3
    )  # fmt: skip
    return {"median": middle, "q1": low, "q3": high, "count": len(seconds)}


def check_writable(path: Path | None, key: str, suffixes: Iterable[str] = ()) -> None:
    """Check that a file can be written, before minutes are spent on what it is for.

    Raises:
        ConfigError: It cannot, or its name ends in none of the suffixes.
    """
    check_file(path, key)
    if path is not None and (valid := tuple(suffixes)) and path.suffix not in valid:
        raise ConfigError("is no kind of picture", key=key, value=path, valid=valid)


def _read(path: Path, verb: str) -> Record:
    try:
        plain = read_json(path)
    except StorageError as error:
        raise ConfigError(f"cannot be read: {error}", key="--from", value=path) from error
    if plain.get("rnnlab_bench") != FORMAT or plain.get("verb") != verb:
        name = "rnnlab bench" if verb == "cells" else f"rnnlab bench {verb}"
        raise ConfigError(f"was not written by {name} --json", key="--from", value=path)
    try:
        record = Record(
            verb,
            dict(plain["machine"]),
            dict(plain["setting"]),
            list(plain["remarks"]),
            [_result(item) for item in plain["results"]],
        )
        described(record.machine)  # which needs all of it
        if missing := {"seed", "device", "arguments"} - set(record.setting):
            raise KeyError(*missing)
        return record
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        why = f"is incomplete: {type(error).__name__}: {error}"
        raise ConfigError(why, key="--from", value=path) from error


def _result(plain: dict[str, Any]) -> Result:
    measured = []
    for item in plain["measured"]:
        known = {key: value for key, value in item.items() if key != "summary"}
        for key in ("first_seconds", "difference"):
            known[key] = math.nan if known[key] is None else known[key]
        measured.append(Measured(**known))
    return Result(
        plain["cell"],
        Size.parse(plain["size"]),
        measured,
        int(plain["parameters"]),
        dict(plain["compile_seconds"]),
        math.nan if plain["others_percent"] is None else float(plain["others_percent"]),
    )


def _without_nan(plain: dict[str, Any]) -> dict[str, Any]:
    """Return what strict JSON can hold: null where there is no number."""
    text = json.dumps(plain)
    kept: dict[str, Any] = json.loads(text, parse_constant=lambda _: None)
    return kept
