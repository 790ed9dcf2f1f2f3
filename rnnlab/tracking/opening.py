"""Which MLflow run shows a run folder: the one it has, one that is made, or none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnlab.tracking.lookup import Deleted, active_run, deleted_experiment, get_run
from rnnlab.tracking.mlflow_run import MlflowRun
from rnnlab.tracking.store import artifact_location, connect
from rnnlab.tracking.uri import SQLITE

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

KEY_TAG = "rnnlab.key"


def open_run(
    uri: str,
    experiment: str,
    run_name: str,
    run_id: str | None = None,
    *,
    key: str | None = None,
    start_time: int | None = None,
    proceed: Callable[[], None] = lambda: None,
) -> MlflowRun:
    """Open a run for writing: the one of ``run_id``, or a new one; MLflow shows it as running.

    Args:
        uri: An absolute URI, from ``tracking_uri``.
        experiment: The experiment's name; it is made when missing.
        run_name: The name of a new run.
        run_id: The run to go on with. If the store no longer has it, a new one is made.
        key: Tags a new run, and finds the one that an earlier call made without getting an answer.
        start_time: When a new run began, in milliseconds since 1970; now by default.
        proceed: Called just before a run is made or changed; what it raises prevents that.

    Raises:
        Deleted: The experiment is in MLflow's bin, which is not for us to empty.
    """
    client = connect(uri)
    found = get_run(client, run_id) if run_id else None
    if found is None or found.info.lifecycle_stage != "active":
        place = _experiment_id(client, uri, experiment)
        found = _run_of_key(client, place, key) if key else None
        if found is None:
            proceed()
            tags = {KEY_TAG: key} if key else None
            found = client.create_run(place, start_time, tags, run_name)
    proceed()
    run = MlflowRun(client, found)
    run.begin()
    return run


def find_run(uri: str, run_id: str) -> MlflowRun:
    """Return a run as it is; nothing is made or changed.

    Raises:
        Deleted: It is gone or in MLflow's bin.
    """
    if uri.startswith(SQLITE) and not Path(uri.removeprefix(SQLITE)).exists():
        raise Deleted(f"there is no {uri.removeprefix(SQLITE)}")
    client = connect(uri)
    return MlflowRun(client, active_run(client, run_id))


def _run_of_key(client: MlflowClient, experiment_id: str, key: str) -> Any:
    found = client.search_runs([experiment_id], f"tags.`{KEY_TAG}` = '{key}'", max_results=1)
    return found[0] if found else None


def _experiment_id(client: MlflowClient, uri: str, name: str) -> str:
    from mlflow.exceptions import MlflowException

    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        try:
            made: str = client.create_experiment(name, artifact_location(uri, name))
            return made
        except MlflowException as error:
            # Another process was faster.
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        return _experiment_id(client, uri, name)
    if experiment.lifecycle_stage != "active":
        raise deleted_experiment(client, experiment)
    found: str = experiment.experiment_id
    return found
