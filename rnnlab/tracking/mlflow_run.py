"""One run of a tracking store, through MlflowClient and never through mlflow's global state."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from rnnlab.tracking.lookup import active_run
from rnnlab.tracking.params import flatten
from rnnlab.tracking.points import Point

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

Status = Literal["FINISHED", "FAILED", "KILLED", "PRUNED", "PREEMPTED"]

STATUS_TAG, CAUSE_TAG = "rnnlab.status", "rnnlab.cause"
MAX_POINTS, MAX_ENTRIES, MAX_BYTES = 1000, 100, 900_000
_MAX_PARAM, _MAX_TAG = 6000, 8000
_log = logging.getLogger(__name__)
_Item = TypeVar("_Item")


class MlflowRun:
    """A run that is open for writing. Every method raises what MLflow raises.

    Args:
        client: Of the run's store.
        run: MLflow's description of it.
    """

    def __init__(self, client: MlflowClient, run: Any) -> None:
        self._client = client
        self.run_id: str = run.info.run_id
        self._logged: dict[str, str] = dict(run.data.params)
        self._cause = CAUSE_TAG in run.data.tags

    def begin(self) -> None:
        """Show the run as running, without the cause of an earlier end."""
        self._client.update_run(self.run_id, status="RUNNING")
        self._clear_cause()
        self.set_tags({STATUS_TAG: "RUNNING"})

    def log_points(self, points: Iterable[Point]) -> None:
        """Send points with their own timestamps: a point that is there already is not doubled."""
        from mlflow.entities import Metric

        metrics = [Metric(p.name, p.value, p.timestamp, p.step) for p in points]
        for batch in batches(metrics, lambda metric: point_bytes(metric.key), MAX_POINTS):
            self._client.log_batch(self.run_id, metrics=batch)

    def log_params(self, config: Mapping[str, Any]) -> None:
        """Log every leaf of a config.

        MLflow holds at most 6,000 characters and never changes a param. What is longer, or has
        changed since the run began, is left to the config's artifact, with a warning.
        """
        from mlflow.entities import Param

        params = flatten(config)
        long = [key for key, text in params.items() if len(text) > _MAX_PARAM]
        changed = [key for key, text in params.items() if self._logged.get(key, text) != text]
        if long:
            _log.warning("too long for an MLflow param, see config.yaml: %s", ", ".join(long))
        if changed:
            _log.warning("changed since the run began, not in MLflow: %s", ", ".join(changed))
        new = [Param(k, v) for k, v in params.items() if k not in self._logged and k not in long]
        for batch in batches(new, lambda param: _json_bytes(param.key, param.value), MAX_ENTRIES):
            self._client.log_batch(self.run_id, params=batch)
            self._logged |= {param.key: param.value for param in batch}

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Set tags; one that is longer than MLflow's 8,000 characters is cut, with a warning."""
        from mlflow.entities import RunTag

        for key in [key for key, text in tags.items() if len(text) > _MAX_TAG]:
            _log.warning("tag %s is cut to %d characters in MLflow", key, _MAX_TAG)
        entries = [RunTag(key, text[:_MAX_TAG]) for key, text in tags.items()]
        for batch in batches(entries, lambda tag: _json_bytes(tag.key, tag.value), MAX_ENTRIES):
            self._client.log_batch(self.run_id, tags=batch)

    def log_artifact(self, path: Path, artifact_path: str | None = None) -> None:
        """Upload a file, or a folder with all in it, into ``artifact_path``."""
        if path.is_dir():
            self._client.log_artifacts(self.run_id, str(path), artifact_path)
        else:
            self._client.log_artifact(self.run_id, str(path), artifact_path)

    def finish(self, status: Status, cause: str | None = None, end_time: int | None = None) -> None:
        """Set the final status. MLflow has no PRUNED or PREEMPTED: there they are KILLED.

        Args:
            status: The final status.
            cause: Why the run ended so; the first 500 characters become a tag.
            end_time: When it ended, in milliseconds since 1970; now by default.
        """
        if cause is None:
            self._clear_cause()
        # One request: nobody sees the status of one end with the cause of another.
        self.set_tags({STATUS_TAG: status} | ({CAUSE_TAG: cause[:500]} if cause else {}))
        known = status if status in ("FINISHED", "FAILED") else "KILLED"
        self._client.set_terminated(self.run_id, known, end_time)

    def check_active(self) -> None:
        """Check that the run is still there.

        Raises:
            Deleted: It is gone or in MLflow's bin; the message names the way back.
        """
        active_run(self._client, self.run_id)

    def _clear_cause(self) -> None:
        if self._cause:
            from mlflow.exceptions import MlflowException

            try:
                self._client.delete_tag(self.run_id, CAUSE_TAG)
            except MlflowException as error:
                # It is cleared already, and the answer to that was lost.
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
            self._cause = False


def point_bytes(name: str) -> int:
    """Return an upper bound for the bytes of a point in a request."""
    return _json_bytes(name) + 150


def batches(
    items: Iterable[_Item], size: Callable[[_Item], int], most: int
) -> Iterator[list[_Item]]:
    """Split items into lists of at most ``most`` items and ``MAX_BYTES`` bytes."""
    batch: list[_Item] = []
    total = 0
    for item in items:
        if batch and (len(batch) == most or total + size(item) > MAX_BYTES):
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += size(item)
    if batch:
        yield batch


def _json_bytes(*texts: str) -> int:
    return sum(len(json.dumps(text)) for text in texts) + 50
