"""A run of a tracking store that another process writes to, so that this one can train."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from rnnlab.tracking.link import Link
from rnnlab.tracking.mlflow_run import Status
from rnnlab.tracking.params import flatten
from rnnlab.tracking.points import Point
from rnnlab.tracking.sender_process import SenderGone, SenderProcess


class RemoteRun:
    """A run that is open for writing, as :class:`MlflowRun` describes it.

    Every method waits for the sender to have done it, without holding up other threads.

    Args:
        sender: Has opened the run.
        run_id: Its id.
    """

    def __init__(self, sender: SenderProcess, run_id: str) -> None:
        self._sender, self.run_id = sender, run_id

    def log_points(self, points: Iterable[Point]) -> None:
        """Send points; those that are there already are not doubled."""
        fields = [(p.name, p.value, p.step, p.epoch, p.timestamp) for p in points]
        self._sender.ask("log_points", fields)

    def log_params(self, config: Mapping[str, Any]) -> None:
        """Log every leaf of a config that is not there yet."""
        # Made text here: a config may hold what cannot be sent.
        self._sender.ask("log_params", flatten(config))

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Set tags."""
        self._sender.ask("set_tags", dict(tags))

    def log_artifact(self, path: Path, artifact_path: str | None = None) -> None:
        """Upload a file or folder."""
        self._sender.ask("log_artifact", path.absolute(), artifact_path)

    def finish(self, status: Status, cause: str | None = None, end_time: int | None = None) -> None:
        """Set the final status."""
        self._sender.ask("finish", status, cause, end_time)

    def check_active(self) -> None:
        """Check that the run is still there.

        Raises:
            Deleted: It is gone or in MLflow's bin.
        """
        self._sender.ask("check_active")


class RemoteStore:
    """Opens the MLflow run of a run folder in a sender, and in another one when that has died.

    Args:
        uri: An absolute tracking URI.
        experiment: The MLflow experiment.
        run_name: The name of a new run.
        start_time: When a new run began, in milliseconds since 1970.
    """

    def __init__(self, uri: str, experiment: str, run_name: str, start_time: int) -> None:
        self._uri, self._experiment = uri, experiment
        self._run_name, self._start_time = run_name, start_time
        self._sender: SenderProcess | None = None
        self._ended = False
        self._changing = threading.Lock()

    def open_run(self, link: Link, proceed: Callable[[], None]) -> RemoteRun:
        """Open the run that a link names, or a new one, as :func:`opening.open_run` does.

        Args:
            link: Names the run, or the key by which it is found.
            proceed: Called just before a run is made or changed; what it raises prevents that.

        Raises:
            SenderGone: The sender has died meanwhile, or was ended.
        """
        sender = self._living_sender()
        run_id = sender.ask(
            "open",
            self._uri,
            self._experiment,
            self._run_name,
            link.run_id,
            link.key,
            self._start_time,
            proceed=proceed,
        )
        return RemoteRun(sender, run_id)

    def end(self) -> None:
        """End the sender, whatever it is doing, for good."""
        with self._changing:
            self._ended = True
            if self._sender is not None:
                self._sender.end()

    def _living_sender(self) -> SenderProcess:
        with self._changing:
            if self._ended:
                raise SenderGone("no more is sent to it")
            if self._sender is None or self._sender.gone:
                self._sender = SenderProcess()
            return self._sender
