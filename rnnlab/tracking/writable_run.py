"""What can be done with a run of a tracking store, in this process or through another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from rnnlab.tracking.mlflow_run import Status
from rnnlab.tracking.points import Point


class WritableRun(Protocol):
    """A run that is open for writing, as :class:`MlflowRun` describes it."""

    run_id: str

    def log_points(self, points: Iterable[Point]) -> None:
        """Send points; those that are there already are not doubled."""

    def log_params(self, config: Mapping[str, Any]) -> None:
        """Log every leaf of a config that is not there yet."""

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Set tags."""

    def log_artifact(self, path: Path, artifact_path: str | None = None) -> None:
        """Upload a file or folder."""

    def finish(self, status: Status, cause: str | None = None, end_time: int | None = None) -> None:
        """Set the final status."""

    def check_active(self) -> None:
        """Check that the run is still there."""
