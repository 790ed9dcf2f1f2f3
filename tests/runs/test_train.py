import json
import math

import pytest
from omegaconf import OmegaConf

from rnnlab.errors import ConfigError, NonFinite
from rnnlab.runs.json_files import read_json
from rnnlab.runs.train import train


def points(folder):
    return [json.loads(line) for line in folder.metrics.read_text().splitlines()]


def test_a_run_is_a_folder(small, tmp_path):
    folder = train([*small, "name=first"])
    assert folder.path == tmp_path / "outputs" / "digits_rows" / "first"
    assert folder.read_status()["status"] == "FINISHED"
    config = OmegaConf.load(folder.config)
    assert config.cell.hidden_size == 8
    result = read_json(folder.result)
    assert set(result["scores"]) == {"train", "val", "test"}
    assert result["steps"] == 8
    assert (result["monitor"], result["monitor_mode"]) == ("val/accuracy", "max")
    assert result["baselines"]["majority"]["accuracy"] < 0.2
    kept = {path.name for path in folder.checkpoints.iterdir()}
    assert kept == {"best.ckpt", "last.ckpt", "previous.ckpt"}
    manifest = read_json(folder.manifest)
    assert manifest["engines"]
    assert len(manifest["data_sha256"]) == 64
    logged = points(folder)
    steps = [p["step"] for p in logged if p["name"] == "grad_norm/total"]
    assert steps == list(range(1, 9))
    names = {p["name"] for p in logged}
    assert {"train/loss", "val/accuracy", "learning_rate", "grad_norm/clipped_fraction"} <= names
    assert "baseline/majority/accuracy" in names
    assert "final/test/accuracy" in names
    assert any(name.startswith("update_ratio/") for name in names)
    keys = [(p["name"], p["step"]) for p in logged]
    assert len(keys) == len(set(keys))
    assert all(math.isfinite(p["value"]) for p in logged)


def test_same_seed_same_numbers_other_seed_others(small):
    losses = {}
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        folder = train([*small, f"name={name}", f"seed={seed}"])
        losses[name] = [p["value"] for p in points(folder) if p["name"] == "train/loss"]
    assert losses["a"] == losses["b"]
    assert losses["a"] != losses["c"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["task=one_to_many"], "task=one_to_many: "),
        (["trainer.truncate_steps=2"], "trainer.truncate_steps=2: "),
        (["name=a/b"], "cannot be a folder name"),
    ],
)
def test_what_does_not_fit_is_one_line_and_no_folder(small, tmp_path, overrides, message):
    with pytest.raises(ConfigError, match=message):
        train([*small, *overrides])
    assert not list(tmp_path.glob("outputs/*/*"))


def test_bidirectional_truncation_is_refused(small):
    stream = ["dataset=characters", "task=synced_many_to_many", "backbone.bidirectional=true"]
    with pytest.raises(ConfigError, match=r"backbone.bidirectional=true: "):
        train([*small, *stream])


def test_divergence_ends_as_failed_with_step_and_parameter(small, tmp_path):
    wild = ["optimizer=sgd", "optimizer.lr=1e38", "trainer.gradient_clip_val=null"]
    with pytest.raises(NonFinite, match=r"(loss is|gradient of \S+ is not finite).* at step \d"):
        train([*small, "name=wild", *wild])
    status = read_json(tmp_path / "outputs/digits_rows/wild/status.json")
    assert status["status"] == "FAILED"
    assert "at step" in status["cause"]
