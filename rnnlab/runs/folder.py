"""The run folder: its layout and its status."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from rnnlab.config.folder_names import refused_name
from rnnlab.data.spec import DataSpec
from rnnlab.errors import ConfigError, StorageError
from rnnlab.expected import NUMBER
from rnnlab.runs.contained import contained
from rnnlab.runs.json_files import read_json, write_json
from rnnlab.runs.names import make_name
from rnnlab.runs.places import absolute
from rnnlab.runs.plugin_history import upgraded

_RESERVE = 64 * 1024
_STATUS = {
    "status": str,
    "cause": str | None,
    "pid": int,
    "host": str,
    "times": {...: str},
}
# What readers of a manifest and a result rely on; there is more in them.
SETTING = {"setting": str, "seed": int, ...: object}
_MANIFEST = {
    **SETTING,
    "fingerprint": str,
    "data_sha256": str,
    "git": dict,
    "packages": {...: str},
    "plugins": {...: str | dict},
}
_RESULT = {
    "scores": {"test": {...: NUMBER}, ...: {...: NUMBER}},
    "baselines": {...: {...: NUMBER}},
    "monitor": str,
    "parameters": int,
    "train_seconds": NUMBER,
    ...: object,
}


class Status(StrEnum):
    """What can be true of a run."""

    CREATED = "CREATED"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"
    PRUNED = "PRUNED"
    """Given up by the search that it is a trial of; there is no result, and nothing to go on."""
    PREEMPTED = "PREEMPTED"

    @property
    def is_end(self) -> bool:
        """Whether a run has come to the end that was meant for it."""
        return self in (Status.FINISHED, Status.PRUNED)


@dataclass(frozen=True)
class RunFolder:
    """Paths and small files of one run.

    A path that is a link out of the folder raises :class:`~rnnlab.errors.Refused`.

    Args:
        path: The folder, absolute.
    """

    path: Path

    @property
    def config(self) -> Path:
        """The resolved config, YAML."""
        return self._inside("config.yaml")

    @property
    def manifest(self) -> Path:
        """Code, packages, data and machine of the run, JSON."""
        return self._inside("manifest.json")

    @property
    def spec(self) -> Path:
        """The data specification with vocabularies and scalers, JSON."""
        return self._inside("spec.json")

    @property
    def metrics(self) -> Path:
        """Every logged point, a JSON object a line."""
        return self._inside("metrics.jsonl")

    @property
    def result(self) -> Path:
        """Final scores, baselines and figures, JSON."""
        return self._inside("result.json")

    @property
    def checkpoints(self) -> Path:
        """The folder of ``last.ckpt`` and ``best.ckpt``."""
        return self._inside("checkpoints")

    @property
    def diagnostics(self) -> Path:
        """The folder of what was seen inside the network."""
        return self._inside("diagnostics")

    @property
    def looks(self) -> Path:
        """What was seen inside the network while it was trained, a JSON object a line."""
        return self._inside("diagnostics/flow.jsonl")

    @property
    def log(self) -> Path:
        """What the run said."""
        return self._inside("log.txt")

    @property
    def origin(self) -> Path:
        """Which run this one was made from, if it was, JSON."""
        return self._inside("origin.json")

    @property
    def initial(self) -> Path:
        """Which weights the run starts from, if it starts from any, JSON."""
        return self._inside("init.json")

    @property
    def link(self) -> Path:
        """Which MLflow run shows it, if one does, JSON."""
        return self._inside("mlflow.json")

    @property
    def lock(self) -> Path:
        """Locked by the process that owns the folder."""
        return self._inside(".lock")

    def rank_failure(self, rank: int) -> Path:
        """Where a rank writes why it failed, JSON."""
        return self._inside(f".rank-{rank}.json")

    def checkpoint(self, name: str) -> Path:
        """Return the path of ``last.ckpt`` or another checkpoint."""
        return self._inside(f"checkpoints/{name}")

    def _inside(self, name: str) -> Path:
        # Somebody else's folder may hold links to files of whoever opens it.
        return contained(self.path, self.path / name)

    @property
    def _status(self) -> Path:
        return self._inside("status.json")

    def read_status(self) -> dict[str, Any]:
        """Return ``status``, ``cause``, ``pid``, ``host`` and times; {} when none was written.

        Raises:
            StorageError: The file is no status.
        """
        if not self._status.exists():
            return {}
        content = read_json(self._status, _STATUS)
        fault = _status_fault(content)
        if fault is not None:
            raise StorageError(f"{self._status}: cannot be read: {fault}")
        return content

    def read_manifest(self) -> dict[str, Any]:
        """Return what ``manifest.json`` holds, in today's form.

        Raises:
            StorageError: The file is no manifest.
        """
        content = read_json(self.manifest, _MANIFEST)
        try:
            return upgraded(content)
        except ValueError as error:
            raise StorageError(f"{self.manifest}: cannot be read: {error}") from error

    def read_result(self) -> dict[str, Any]:
        """Return what ``result.json`` holds.

        Raises:
            StorageError: The file is no result.
        """
        return read_json(self.result, _RESULT)

    def read_spec(self) -> DataSpec:
        """Return what ``spec.json`` says of the data.

        Raises:
            StorageError: The file is no data specification.
        """
        try:
            return DataSpec.from_dict(read_json(self.spec))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            why = f"{type(error).__name__}: {error}"
            raise StorageError(f"{self.spec}: is no data specification: {why}") from error

    def write_status(self, status: Status, cause: str | None = None) -> None:
        """Write the status atomically; the times of earlier statuses are kept."""
        times = self._times()
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        content = {
            "status": status.value,
            "cause": cause,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "times": {**times, status.value: now},
        }
        try:
            write_json(self._status, content)
        except StorageError:
            self._reserve.unlink(missing_ok=True)
            write_json(self._status, content)
        if status not in (Status.CREATED, Status.RUNNING):
            self._reserve.unlink(missing_ok=True)

    def _times(self) -> dict[str, str]:
        try:
            times = self.read_status().get("times")
        except StorageError:
            return {}  # damaged; what is written now is true again
        return times if isinstance(times, dict) else {}

    def reserve(self) -> None:
        """Take some space, so that the end of the run can be written when the disk is full.

        Raises:
            StorageError: It is full already.
        """
        try:
            self._reserve.write_bytes(os.urandom(_RESERVE))
        except OSError as error:
            self._reserve.unlink(missing_ok=True)
            raise StorageError(f"{self.path}: {error.strerror}") from error

    @property
    def _reserve(self) -> Path:
        return self._inside(".reserve")


def _status_fault(content: dict[str, Any]) -> str | None:
    status, times = content["status"], content["times"]
    if status not in list(Status):
        return f"status is {status!r}"
    if content["pid"] < 1:
        return f"pid is {content['pid']}"
    try:
        if status in (Status.CREATED, Status.RUNNING):  # the age of its process is compared
            datetime.fromisoformat(times[status])
    except (KeyError, ValueError):
        return f"times.{status} is no time"
    return None


def create(output_dir: Path, experiment_name: str, name: str | None) -> RunFolder:
    """Make an empty run folder.

    Args:
        output_dir: Folder of all runs.
        experiment_name: Folder of this experiment's runs in it.
        name: The run's own name; None for a new one of time and words.

    Raises:
        ConfigError: A name is not usable as a folder name, or is taken.
        StorageError: The folder cannot be made.
    """
    for key, part in (("experiment_name", experiment_name), ("name", name)):
        if (why := refused_name(part)) is not None:
            raise ConfigError(why, key=key, value=part)
    try:
        parent = absolute(output_dir) / experiment_name
        path = parent / (name or make_name())
        parent.mkdir(parents=True, exist_ok=True)
        path.mkdir()
    except FileExistsError as error:
        if path.exists():
            raise ConfigError(
                "a run of that name exists; choose another, or go on with it: rnnlab resume",
                key="name",
                value=name,
            ) from error
        raise StorageError(f"output_dir={output_dir}: is not a folder") from error
    except OSError as error:
        raise StorageError(f"output_dir={output_dir}: {error.strerror or error}") from error
    except (ValueError, RuntimeError) as error:
        # A NUL, or a ~user whom nobody knows.
        raise ConfigError(str(error), key="output_dir", value=output_dir) from error
    return RunFolder(path)
