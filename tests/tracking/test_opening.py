from __future__ import annotations

import time
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from rnnlab.tracking import RunLogger
from rnnlab.tracking.lookup import Deleted
from rnnlab.tracking.opening import find_run, open_run
from rnnlab.tracking.points import Point


def test_a_run_that_is_gone_is_made_anew(uri: str) -> None:
    run = open_run(uri, "e", "r")
    run.check_active()
    MlflowClient(uri).delete_run(run.run_id)
    with pytest.raises(Deleted, match=f"mlflow runs restore --run-id {run.run_id}"):
        run.check_active()
    assert open_run(uri, "e", "r", run.run_id).run_id != run.run_id
    assert open_run(uri, "e", "r", "0" * 32).run_id != "0" * 32


def test_another_process_may_make_the_experiment_first(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_run(uri, "e", "a")
    look = MlflowClient.get_experiment_by_name
    # The first look finds nothing although the experiment is there.
    calls = iter([True])
    monkeypatch.setattr(
        MlflowClient,
        "get_experiment_by_name",
        lambda self, name: None if next(calls, False) else look(self, name),
    )
    second = open_run(uri, "e", "b")
    client = MlflowClient(uri)
    ids = {client.get_run(run.run_id).info.experiment_id for run in (first, second)}
    assert len(ids) == 1


def test_a_run_whose_making_was_not_answered_is_found_again(uri: str) -> None:
    first = open_run(uri, "e", "r", key="k1")
    assert open_run(uri, "e", "r", key="k1").run_id == first.run_id
    assert open_run(uri, "e", "r", key="k2").run_id != first.run_id
    # What somebody has deleted is not gone on with.
    MlflowClient(uri).delete_run(first.run_id)
    assert open_run(uri, "e", "r", key="k1").run_id != first.run_id


def test_a_deleted_experiment_is_named_and_left_in_the_bin(uri: str) -> None:
    client = MlflowClient(uri)
    run = open_run(uri, "e", "r")
    client.delete_experiment(client.get_run(run.run_id).info.experiment_id)
    advice = f"MLFLOW_TRACKING_URI={uri} mlflow experiments restore --experiment-id 1"
    for ask in (
        run.check_active,
        lambda: open_run(uri, "e", "r"),
        lambda: open_run(uri, "e", "r", run.run_id),
        lambda: find_run(uri, run.run_id),
    ):
        with pytest.raises(Deleted, match="experiment 'e' was deleted") as caught:
            ask()
        assert str(caught.value).endswith(advice)
    assert client.get_experiment("1").lifecycle_stage == "deleted"


def test_finding_changes_and_makes_nothing(uri: str, tmp_path: Path) -> None:
    run = open_run(uri, "e", "r")
    run.finish("FAILED", "why")
    found = find_run(uri, run.run_id)
    found.log_points([Point("loss", 1.0, 0, None, 1)])
    assert MlflowClient(uri).get_run(run.run_id).info.status == "FAILED"
    with pytest.raises(Deleted):
        find_run(uri, "0" * 32)
    with pytest.raises(Deleted):
        find_run(f"sqlite:///{tmp_path}/none.db", run.run_id)
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("what", ["run", "experiment"])
def test_a_deletion_in_the_middle_costs_one_warning_and_no_point(
    uri: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    client = MlflowClient(uri)
    logger = RunLogger(
        tmp_path / "run",
        uri=uri,
        experiment="e",
        run_name="r",
        params={},
        tags={},
        system_metrics=False,
    )
    deadline = time.monotonic() + 30
    while logger.run_id is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    if what == "run":
        client.delete_run(logger.run_id)
    else:
        client.delete_experiment("1")
    logger.set_tags({"late": "tag"})
    for step in range(50):
        logger.log_metrics({"loss": 1.0}, step)
    while not caplog.records:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    (warning,) = caplog.records
    assert f"mlflow {what}s restore" in warning.getMessage()
    if what == "run":
        client.restore_run(logger.run_id)
    else:
        client.restore_experiment("1")
    assert logger.finish("FINISHED")
    run = client.get_run(logger.run_id)
    assert (run.info.status, run.data.tags["late"]) == ("FINISHED", "tag")
    assert len(client.get_metric_history(logger.run_id, "loss")) == 50
