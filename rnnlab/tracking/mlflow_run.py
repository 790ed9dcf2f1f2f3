"""One run on a tracking server, through MlflowClient and never through mlflow's global state."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from rnnlab.tracking.params import flatten
from rnnlab.tracking.points import Point
from rnnlab.tracking.store import artifact_location, connect

Status = Literal["FINISHED", "FAILED", "KILLED", "PRUNED", "PREEMPTED"]

STATUS_TAG = "rnnlab.status"
MAX_POINTS, MAX_ENTRIES, MAX_BYTES = 1000, 100, 900_000
_MAX_PARAM, _MAX_TAG = 6000, 8000
_log = logging.getLogger(__name__)
_Item = TypeVar("_Item")


class MlflowRun:
    """A run that is open for writing. Every method raises what MLflow raises.

    Args:
        uri: An absolute URI, from ``tracking_uri``.
        experiment: The experiment's name; it is made when missing.
        run_name: The name of a new run.
        run_id: The run to go on with. If the store no longer has it, a new one is made.
    """

    def __init__(self, uri: str, experiment: str, run_name: str, run_id: str | None = None) -> None:
        self._client = connect(uri)
        found = self._find(run_id) if run_id else None
        if found is None:
            experiment_id = self._experiment_id(uri, experiment)
            found = self._client.create_run(experiment_id, run_name=run_name)
        else:
            self._client.update_run(found.info.run_id, status="RUNNING")
        self.run_id: str = found.info.run_id
        self._logged: dict[str, str] = dict(found.data.params)
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

    def finish(self, status: Status) -> None:
        """Set the final status. MLflow has no PRUNED or PREEMPTED: there they are KILLED."""
        self.set_tags({STATUS_TAG: status})
        known = status if status in ("FINISHED", "FAILED") else "KILLED"
        self._client.set_terminated(self.run_id, known)

    def is_active(self) -> bool:
        """Return whether the run still exists and is not in the bin."""
        return self._find(self.run_id) is not None

    def _find(self, run_id: str) -> Any:
        """Return the run, or None when it is gone or in the bin."""
        from mlflow.exceptions import MlflowException

        try:
            run = self._client.get_run(run_id)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return None
        return run if run.info.lifecycle_stage == "active" else None

    def _experiment_id(self, uri: str, name: str) -> str:
        from mlflow.exceptions import MlflowException

        experiment = self._client.get_experiment_by_name(name)
        if experiment is None:
            try:
                made: str = self._client.create_experiment(name, artifact_location(uri, name))
                return made
            except MlflowException as error:
                # Another process was faster.
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            return self._experiment_id(uri, name)
        found: str = experiment.experiment_id
        return found


def is_refusal(error: Exception) -> bool:
    """Return whether sending the same again is futile: MLflow found the content wrong."""
    from mlflow.exceptions import MlflowException

    if isinstance(error, FileNotFoundError):
        return True
    return isinstance(error, MlflowException) and error.error_code == "INVALID_PARAMETER_VALUE"


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
