"""Every shipped experiment opens with its command and trains, a few steps each."""

from pathlib import Path

import pytest

from rnnlab.runs.json_files import read_json
from rnnlab.runs.train import train

EXPERIMENTS = sorted(Path("conf/experiment").resolve().glob("*.yaml"))
FEW_STEPS = [
    "trainer.max_epochs=1",
    "trainer.limit_train_batches=2",
    "trainer.limit_val_batches=1",
    "trainer.limit_test_batches=1",
    "trainer.log_every_n_steps=1",
    "trainer.enable_progress_bar=false",
    "trainer.accelerator=cpu",
    "tracking.enabled=false",
    "tracking.system_metrics=false",
    "diagnostics.baselines=false",
]


def test_there_are_experiments():
    assert len(EXPERIMENTS) >= 10


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
def test_experiment_trains(path, tmp_path, monkeypatch):
    header = f"# @package _global_\n# rnnlab train experiment={path.stem}\n"
    assert path.read_text().startswith(header)
    monkeypatch.chdir(tmp_path)
    folder = train([f"experiment={path.stem}", *FEW_STEPS])
    assert folder.path.parent.name == path.stem
    result = read_json(folder.result)
    assert result["steps"] == 2
    assert result["scores"]["test"]
