from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow.tracking import MlflowClient

from rnnlab.tracking.mlflow_run import (
    MAX_BYTES,
    Status,
    batches,
    point_bytes,
)
from rnnlab.tracking.opening import open_run
from rnnlab.tracking.points import Point


def test_points_sent_twice_stand_once_with_their_own_times(uri: str) -> None:
    run = open_run(uri, "e", "r")
    points = [Point("loss", 1 / (i + 3), i, None, 5000 + i) for i in range(1200)]
    run.log_points(points)
    run.log_points(points[:700])
    history = MlflowClient(uri).get_metric_history(run.run_id, "loss")
    assert [(m.value, m.step, m.timestamp) for m in sorted(history, key=lambda m: m.step)] == [
        (p.value, p.step, p.timestamp) for p in points
    ]


def test_values_that_are_not_finite(uri: str) -> None:
    run = open_run(uri, "e", "r")
    values = {"nan": math.nan, "up": math.inf, "down": -math.inf}
    run.log_points(Point(name, value, 0, None, 1) for name, value in values.items())
    logged = MlflowClient(uri).get_run(run.run_id).data.metrics
    assert math.isnan(logged["nan"])
    assert (logged["up"], logged["down"]) == pytest.approx((1.797e308, -1.797e308), rel=1e-3)


def test_params_are_whole_and_a_resumed_run_keeps_them(
    uri: str, caplog: pytest.LogCaptureFixture
) -> None:
    params: dict[str, object] = {f"p{i}": "ü" * 3000 for i in range(230)}
    params |= {"just": "x" * 6000, "long": "x" * 6001, "empty": "", "secret": "${oc.env:KEY}"}
    run = open_run(uri, "e", "r")
    run.log_params(params)
    expected = {key: value for key, value in params.items() if key != "long"}
    assert MlflowClient(uri).get_run(run.run_id).data.params == expected
    assert "too long for an MLflow param, see config.yaml: long" in caplog.text
    caplog.clear()

    again = open_run(uri, "e", "ignored", run.run_id)
    assert again.run_id == run.run_id
    again.log_params({**params, "just": "changed", "new": 1})
    assert MlflowClient(uri).get_run(run.run_id).data.params == {**expected, "new": "1"}
    assert "changed since the run began, not in MLflow: just" in caplog.text


def test_tags_of_any_number_and_length(uri: str, caplog: pytest.LogCaptureFixture) -> None:
    run = open_run(uri, "e", "r")
    tags = {f"t{i}": str(i) for i in range(150)}
    run.set_tags({**tags, "long": "y" * 9000})
    logged = MlflowClient(uri).get_run(run.run_id).data.tags
    assert {key: logged[key] for key in tags} == tags
    assert logged["long"] == "y" * 8000
    assert "tag long is cut" in caplog.text


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("FINISHED", "FINISHED"),
        ("FAILED", "FAILED"),
        ("KILLED", "KILLED"),
        ("PRUNED", "KILLED"),
        ("PREEMPTED", "KILLED"),
    ],
)
def test_the_status_is_true_and_runs_again_on_resume(uri: str, status: Status, shown: str) -> None:
    client = MlflowClient(uri)
    run = open_run(uri, "e", "r")
    assert client.get_run(run.run_id).info.status == "RUNNING"
    run.finish(status, "because " + 600 * "x")
    info = client.get_run(run.run_id)
    assert info.info.status == shown
    assert info.info.end_time is not None
    assert info.data.tags["rnnlab.status"] == status
    assert info.data.tags["rnnlab.cause"] == ("because " + 600 * "x")[:500]
    open_run(uri, "e", "r", run.run_id)
    info = client.get_run(run.run_id)
    assert info.info.status == info.data.tags["rnnlab.status"] == "RUNNING"
    assert "rnnlab.cause" not in info.data.tags


def test_artifacts_lie_beside_the_store(uri: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "result.json").write_text("{}")
    run = open_run(uri, "e", "r")
    run.log_artifact(source / "result.json")
    run.log_artifact(source, "all")
    stored = tmp_path / "outputs" / "artifacts" / "e" / run.run_id / "artifacts"
    files = {str(path.relative_to(stored)) for path in stored.rglob("*") if path.is_file()}
    assert files == {"result.json", "all/result.json"}


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(1, 400_000), max_size=40), st.integers(1, 10))
def test_batches_keep_both_limits_and_lose_nothing(sizes: list[int], most: int) -> None:
    made = list(batches(sizes, lambda size: size, most))
    assert [size for batch in made for size in batch] == sizes
    assert all(0 < len(batch) <= most and sum(batch) <= MAX_BYTES for batch in made)
    # Greedy: a batch takes all that fits.
    for batch, following in pairwise(made):
        assert len(batch) == most or sum(batch) + following[0] > MAX_BYTES


def test_a_request_of_points_stays_below_a_megabyte() -> None:
    name = "ü" * 250
    request = {"key": name, "value": -1.7976931348623157e308, "timestamp": 2**42, "step": 2**40}
    assert len(json.dumps(request, indent=2)) <= point_bytes(name)
