"""Whether a run or experiment is still there, and what to do when somebody has deleted it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnnlab.tracking.uri import redacted

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient


class Deleted(Exception):
    """The run is in MLflow's bin, or gone for good: sending again is futile until it is back."""


def get_run(client: MlflowClient, run_id: str) -> Any:
    """Return a run, deleted or not, or None when the store has none of this id."""
    from mlflow.exceptions import MlflowException

    try:
        return client.get_run(run_id)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None


def active_run(client: MlflowClient, run_id: str) -> Any:
    """Return a run that can be written to.

    Raises:
        Deleted: It is gone or in MLflow's bin; the message names the way back.
    """
    run = get_run(client, run_id)
    if run is None:
        raise Deleted(f"there is no run {run_id} any more")
    if run.info.lifecycle_stage != "active":
        experiment = client.get_experiment(run.info.experiment_id)
        if experiment.lifecycle_stage != "active":
            raise deleted_experiment(client, experiment)
        raise Deleted(
            f"run {run_id} was deleted; to restore it: {_mlflow(client)} "
            f"runs restore --run-id {run_id}"
        )
    return run


def deleted_experiment(client: MlflowClient, experiment: Any) -> Deleted:
    """Return the error that names an experiment in the bin and the way back."""
    return Deleted(
        f"experiment {experiment.name!r} was deleted; to restore it: {_mlflow(client)} "
        f"experiments restore --experiment-id {experiment.experiment_id}"
    )


def _mlflow(client: MlflowClient) -> str:
    return f"MLFLOW_TRACKING_URI={redacted(client.tracking_uri)} mlflow"
