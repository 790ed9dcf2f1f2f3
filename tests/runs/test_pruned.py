"""A training that is given up: an end of its own kind, in the folder and in MLflow."""

import pytest
from mlflow.tracking import MlflowClient

from rnnlab.errors import ConfigError, Pruned
from rnnlab.runs.execute import execute
from rnnlab.runs.folder import Status
from rnnlab.runs.json_files import read_json
from rnnlab.runs.train import configured, create, prepare
from rnnlab.tracking.points import read_points
from rnnlab.training.pruning import Pruning


def after_two(epochs, value, last):
    return f"after {epochs} epochs: hopeless" if epochs == 2 else None


def test_its_points_and_checkpoints_stay_and_nothing_is_measured(small, uri, tmp_path):
    overrides = [*small, "trainer.max_epochs=5", "tracking.enabled=true", f"tracking.uri={uri}"]
    assembly = prepare(configured(overrides))
    folder = create(assembly)
    with pytest.raises(Pruned, match="after 2 epochs: hopeless"):
        execute(folder, assembly, pruning=Pruning("val/loss", after_two))
    said = folder.read_status()
    assert (said["status"], said["cause"]) == ("PRUNED", "after 2 epochs: hopeless")
    assert not folder.result.exists()
    points = read_points(folder.metrics)
    assert [point.epoch for point in points if point.name == "val/loss"] == [0, 1]
    assert {path.name for path in folder.checkpoints.glob("*.ckpt")} >= {"last.ckpt", "best.ckpt"}
    run = MlflowClient(uri).get_run(read_json(folder.link)["run_id"])
    assert run.info.status == "KILLED"
    assert run.data.tags["rnnlab.status"] == "PRUNED"
    assert run.data.tags["rnnlab.cause"] == "after 2 epochs: hopeless"

    # Its process may be killed before it has written that.
    folder.write_status(Status.KILLED)
    with pytest.raises(Pruned, match="after 2 epochs: hopeless"):
        execute(folder, resume=True, pruning=Pruning("val/loss", lambda *_: None))
    assert read_points(folder.metrics) == points
    assert folder.read_status()["status"] == "PRUNED"


def test_several_processes_are_refused(small):
    folder = create(prepare(configured(small)))
    config = folder.config.read_text().replace("devices: 1", "devices: 2")
    folder.config.write_text(config)
    with pytest.raises(ConfigError, match=r"devices=2: trains in 2 processes, and only one can be"):
        execute(folder, pruning=Pruning("val/loss", after_two))
    assert folder.read_status()["status"] == "FAILED"
