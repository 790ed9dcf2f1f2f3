from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from mlflow.tracking import MlflowClient
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.utilities import rank_zero_only

from rnnlab.errors import ConfigError
from rnnlab.tracking import RunLogger, read_points


@pytest.fixture
def make(uri: str, tmp_path: Path) -> Callable[..., RunLogger]:
    """Make a logger of the folder ``run`` with what a test does not care about filled in."""

    def build(**options: Any) -> RunLogger:
        options = {"uri": uri, "experiment": "e", "run_name": "r", **options}
        options = {"params": {}, "tags": {}, "system_metrics": False, **options}
        return RunLogger(tmp_path / "run", **options)

    return build


def in_mlflow(uri: str, run_id: str | None) -> list[tuple[str, float, int, int]]:
    """Every point of a run, sorted."""
    assert run_id is not None
    client = MlflowClient(uri)
    names = client.get_run(run_id).data.metrics
    histories = (client.get_metric_history(run_id, name) for name in names)
    return sorted((m.key, m.value, m.step, m.timestamp) for h in histories for m in h)


def in_folder(folder: Path) -> list[tuple[str, float, int, int]]:
    """Every point of a run folder, sorted."""
    points = read_points(folder / "metrics.jsonl")
    return sorted((p.name, p.value, p.step, p.timestamp) for p in points)


def test_folder_and_mlflow_hold_the_same_points_once_each(
    make: Callable[..., RunLogger], uri: str, tmp_path: Path
) -> None:
    params = {"cell": {"hidden_size": 8}}
    logger = make(params=params, tags={"commit": "abc"}, system_metrics=True, system_interval=0.1)
    assert logger.name == "e"
    assert logger.save_dir == logger.root_dir == str(tmp_path / "run")
    begin = time.time()
    for step in range(300):
        logger.log_metrics({"loss": 1 / (step + 1), "epoch": step // 100}, step)
    logger.log_metrics({"loss": torch.tensor(7.0), "epoch": 9.0}, 299)
    (tmp_path / "run" / "config.yaml").write_text("a: 1\n")
    logger.log_artifact(tmp_path / "run" / "config.yaml")
    logger.set_tags({"engine": "loop"})
    assert logger.finish("FINISHED")

    folder = read_points(tmp_path / "run" / "metrics.jsonl")
    losses = [point for point in folder if point.name == "loss"]
    assert [(p.value, p.step, p.epoch) for p in losses] == [
        (1 / (step + 1), step, step // 100) for step in range(300)
    ]
    assert all(begin * 1000 - 1 <= p.timestamp <= time.time() * 1000 for p in losses)
    samples = [p for p in folder if p.name == "system/cpu_utilization_percentage"]
    assert [p.step for p in samples] == list(range(len(samples)))
    assert samples
    assert in_mlflow(uri, logger.run_id) == in_folder(tmp_path / "run")

    run = MlflowClient(uri).get_run(logger.version)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "r"
    assert run.data.params == {"cell.hidden_size": "8"}
    assert {"commit": "abc", "engine": "loop"}.items() <= run.data.tags.items()
    assert [file.path for file in MlflowClient(uri).list_artifacts(logger.version)] == [
        "config.yaml"
    ]


def test_a_resumed_folder_goes_on_in_the_same_run(
    make: Callable[..., RunLogger], uri: str, tmp_path: Path
) -> None:
    first = make(system_metrics=True)
    for step in range(20):
        first.log_metrics({"loss": float(step)}, step)
    first.finish("KILLED")
    again = make(system_metrics=True)
    for step in range(15, 30):
        again.log_metrics({"loss": -float(step)}, step)
    again.finish("FINISHED")
    assert again.run_id == first.run_id
    points = in_folder(tmp_path / "run")
    losses = {step: value for name, value, step, _ in points if name == "loss"}
    assert losses == {step: float(step) if step < 20 else -float(step) for step in range(30)}
    assert {step for name, _, step, _ in points if name.startswith("system/")} == {0, 1}
    assert in_mlflow(uri, again.run_id) == points


def test_disabled_writes_the_folder_only(make: Callable[..., RunLogger], tmp_path: Path) -> None:
    logger = make(enabled=False, uri="no store at all")
    logger.log_metrics({"loss": 1.0}, 0)
    logger.log_artifact(tmp_path)
    assert logger.finish("FINISHED")
    assert logger.run_id is None
    assert logger.version == "run"
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["metrics.jsonl"]


def test_other_ranks_write_nothing(
    make: Callable[..., RunLogger], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rank_zero_only, "rank", 1)
    logger = make(system_metrics=True)
    logger.log_metrics({"loss": 1.0}, 0)
    logger.set_tags({"a": "b"})
    assert logger.finish("FINISHED")
    assert not (tmp_path / "run").exists()


def test_a_wrong_uri_is_refused_before_anything_is_written(
    make: Callable[..., RunLogger], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"tracking\.uri=./mlruns"):
        make(uri="./mlruns")
    assert not (tmp_path / "run").exists()


class Line(LightningModule):
    """Logs the number of the step."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def training_step(self, batch: torch.Tensor, index: int) -> torch.Tensor:
        self.log("train/step", float(self.global_step))
        return (self.weight * batch).sum()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.mark.filterwarnings("ignore:The 'train_dataloader' does not have many workers")
def test_lightning_logs_through_it(make: Callable[..., RunLogger], tmp_path: Path) -> None:
    logger = make(enabled=False)
    trainer = Trainer(
        accelerator="cpu",
        max_epochs=2,
        logger=logger,
        log_every_n_steps=1,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )
    trainer.fit(Line(), torch.utils.data.DataLoader(torch.ones(3, 1)))
    logger.finish("FINISHED")
    points = read_points(tmp_path / "run" / "metrics.jsonl")
    assert [(p.name, p.value, p.step, p.epoch) for p in points] == [
        ("train/step", float(step), step, step // 3) for step in range(6)
    ]


def test_the_first_point_opens_the_run(make: Callable[..., RunLogger]) -> None:
    logger = make(at_first_point=True)
    time.sleep(0.2)
    assert logger.run_id is None
    logger.log_metrics({"loss": 1.0}, 1)
    deadline = time.monotonic() + 20
    while logger.run_id is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert logger.finish("FINISHED")


def test_the_process_that_trains_never_imports_mlflow(uri: str, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from rnnlab.tracking import RunLogger;"
        f"logger = RunLogger(Path({str(tmp_path / 'run')!r}), uri={uri!r}, experiment='e',"
        "run_name='r', params={'a': 1}, tags={}, system_metrics=False);"
        "logger.log_metrics({'loss': 1.0, 'a*b': 2.0}, 1);"  # one of them is refused
        "print(logger.finish('FINISHED'), [m for m in sys.modules if m.startswith('mlflow')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True []\n"
