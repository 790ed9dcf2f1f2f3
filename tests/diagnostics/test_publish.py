from __future__ import annotations

import json

from mlflow.tracking import MlflowClient

from rnnlab.cli import main
from rnnlab.diagnostics.publish import publish_looks, publish_sweep
from rnnlab.runs.folder import RunFolder
from rnnlab.tracking.link import read_link
from tests.diagnostics.flow_runs import make_flow
from tests.runs.conftest import SMALL
from tests.tracking.conftest import empty_store, uri  # noqa: F401


def test_pictures_stand_beside_their_numbers_in_mlflow(tmp_path, uri, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    words = [*SMALL, "diagnostics=gradient_flow", "tracking.enabled=true", f"tracking.uri={uri}"]
    outputs = tmp_path / "outputs"
    assert main(["train", *words, f"output_dir={outputs}", "name=run"]) == 0
    folder = RunFolder(outputs / "digits_rows" / "run")
    client, run_id = MlflowClient(uri), read_link(folder.path).run_id

    def shown():
        return {file.path.split("/")[1] for file in client.list_artifacts(run_id, "diagnostics")}

    assert shown() >= {"flow.jsonl", "gradient_heatmap.png", "gradient_flow.json", "gates.json"}
    assert main(["diagnose", "run", "--output-dir", str(outputs), "--sequences", "2"]) == 0
    assert shown() >= {"report.html", "singular_values.png", "dynamics.json", "memory.json"}
    assert shown() == {path.name for path in folder.diagnostics.iterdir()}
    assert client.get_run(run_id).info.status == "FINISHED"
    points = client.get_metric_history(
        run_id, "gradient_flow/backbone.recurrent.layers.0/h/horizon"
    )
    assert [point.step for point in points] == [0, 4, 8]


def test_a_run_that_nobody_looked_into_gets_nothing(tmp_path):
    folder = make_flow(tmp_path / "run", 0, 0.5)
    publish_looks(folder)
    assert not folder.diagnostics.exists()


def test_a_disk_that_refuses_costs_a_warning(tmp_path, caplog):
    folder = make_flow(tmp_path / "run", 0, 0.5, horizon=20)
    (folder.diagnostics / "gradient_flow.json").mkdir()
    publish_looks(folder)
    assert "no pictures of the gradient through time" in caplog.text


def test_a_sweep_that_nobody_looked_into_gets_nothing(tmp_path):
    assert publish_sweep(tmp_path) is None


def test_a_sweep(tmp_path, caplog):
    for seed in (0, 1):
        make_flow(tmp_path / "runs" / f"{seed}" / "attempts" / "1", seed, 0.5, horizon=20)
    assert publish_sweep(tmp_path) == tmp_path / "gradients.html"
    assert json.loads((tmp_path / "gradients.json").read_text())
    (tmp_path / "gradients.json").unlink()
    (tmp_path / "gradients.json").mkdir()
    assert publish_sweep(tmp_path) is None
    assert "no page about the gradient through time" in caplog.text
