"""A training that is looked at ends with the same weights, and its looks survive it."""

from __future__ import annotations

import json

import pytest
import torch

from rnnlab.errors import Interrupted
from rnnlab.probing.look import read_looks
from rnnlab.runs.resume import resume
from rnnlab.runs.train import train
from rnnlab.tracking import read_points
from rnnlab.training.checkpoint_reading import read

COMMON = [
    "backbone.layers=2", "cell.hidden_size=6", "dataset=digits_rows", "trainer.accelerator=cpu",
    "trainer.enable_progress_bar=false", "trainer.limit_train_batches=4", "trainer.max_epochs=3",
    "tracking.enabled=false", "tracking.system_metrics=false",
]  # fmt: skip
LAYERS = ["backbone.recurrent.layers.0", "backbone.recurrent.layers.1"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Trains two small layers with dropout, in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)

    def start(name, *overrides):
        return train([*COMMON, f"output_dir={tmp_path}/outputs", f"name={name}", *overrides])

    return start


@pytest.mark.parametrize(
    "overrides",
    [
        ["backbone.dropout=0.3", "task.dropout=0.2"],
        ["dataset=adding", "dataset.steps=12", "dataset.train_size=40", "trainer.batch_size=10",
         "trainer.precision=bf16-true"],
        ["dataset=characters", "task=synced_many_to_many", "trainer.limit_test_batches=1",
         "trainer.limit_val_batches=2", "trainer.max_epochs=2", "diagnostics.baselines=false"],
    ],
    ids=["dropout", "bf16", "stream"],
)  # fmt: skip
def test_weights_are_the_same_with_and_without(run, overrides):
    plain = run("plain", *overrides)
    seen = run("seen", "diagnostics=gradient_flow", *overrides)
    a, b = (read(folder.checkpoint("last.ckpt")) for folder in (plain, seen))
    for name, value in a["state_dict"].items():
        assert torch.equal(value, b["state_dict"][name]), name
    for x, y in zip(a["optimizer_states"], b["optimizer_states"], strict=True):
        torch.testing.assert_close(x["state"], y["state"], rtol=0, atol=0)
    assert read_looks(seen.looks)
    assert not plain.looks.exists()


def test_what_is_seen_is_logged_and_kept(run):
    folder = run("run", "diagnostics=gradient_flow", "diagnostics.flow_sequences=5")
    looks = read_looks(folder.looks)
    assert [(look.epoch, look.step) for look in looks] == [(0, 0), (1, 4), (2, 8), (3, 12)]
    assert list(looks[0].flows) == LAYERS
    assert list(looks[0].flows[LAYERS[1]]) == ["h", "c"]
    assert len(looks[0].flows[LAYERS[0]]["h"].curve) == 8
    points = {
        point.step: point.value
        for point in read_points(folder.metrics)
        if point.name == f"gradient_flow/{LAYERS[0]}/h/decay"
    }
    assert points == {look.step: look.flows[LAYERS[0]]["h"].decay for look in looks}
    result = json.loads(folder.result.read_text())
    assert 0 < result["probe_seconds"] < result["train_seconds"]


def test_every_second_epoch(run):
    folder = run("run", "diagnostics.flow_every_n_epochs=2")
    assert [look.epoch for look in read_looks(folder.looks)] == [0, 2]


def test_looks_go_on_where_they_stopped(run, tmp_path, monkeypatch):
    whole = run("whole", "diagnostics=gradient_flow")
    from rnnlab.training import flow_probe

    write = flow_probe.FlowProbe.on_train_epoch_end

    def stop(self, trainer, module):
        write(self, trainer, module)
        if trainer.current_epoch == 1:
            raise Interrupted(15)

    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        patch.setattr(flow_probe.FlowProbe, "on_train_epoch_end", stop)
        run("broken", "diagnostics=gradient_flow")
    broken = resume("broken", tmp_path / "outputs", [])
    expected, found = read_looks(whole.looks), read_looks(broken.looks)
    assert [each.epoch for each in found] == [0, 1, 2, 3]
    assert [each.flows for each in found] == [each.flows for each in expected]


def test_a_model_without_a_recurrent_layer_trains_without(run, caplog):
    folder = run("mlp", "diagnostics=gradient_flow", "backbone=window_mlp", "~backbone.layers")
    assert "the model has no recurrent layer" in caplog.text
    assert not folder.looks.exists()
    assert "probe_seconds" not in json.loads(folder.result.read_text())
