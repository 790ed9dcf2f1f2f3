"""A finished run that is trained further is the longer run, bit for bit."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from mlflow.tracking import MlflowClient
from omegaconf import OmegaConf

from rnnlab.errors import ConfigError
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.json_files import read_json
from rnnlab.runs.resume import resume
from rnnlab.runs.train import train
from rnnlab.training.checkpoint_files import write
from rnnlab.training.checkpoint_reading import read
from rnnlab.training.module import TrainingModule
from tests.runs.conftest import SMALL
from tests.runs.killing import assert_equal, points

QUICK = [
    "task.dropout=0.3", "scheduler=plateau", "scheduler.patience=0", "diagnostics.baselines=false",
    "trainer.threads=1",
]  # fmt: skip


@pytest.fixture
def run(small):
    """Return what trains a run of a name."""
    return lambda name, *overrides: train([*small, *QUICK, f"name={name}", *overrides])


def content(folder):
    """Return the bytes of every file."""
    return {
        str(path.relative_to(folder.path)): path.read_bytes()
        for path in folder.path.rglob("*")
        if path.is_file()
    }


def trained(*folders):
    """Return the points of a training; those of its end are left out."""
    found = {}
    for folder in folders:
        own = points(folder)
        assert not found.keys() & {key for key in own if not key[0].startswith("final/")}
        found |= own
    return {key: value for key, value in found.items() if not key[0].startswith("final/")}


def state(folder):
    last = read(folder.checkpoints / "last.ckpt")
    parts = ["state_dict", "optimizer_states", "lr_schedulers", "callbacks"]
    own = {**last["rnnlab"]}
    own.pop("seconds")
    result = read_json(folder.result)
    result.pop("train_seconds")
    return {**{part: last[part] for part in parts}, "own": own, "result": result}


def check_equal(whole, parent, child):
    assert trained(parent, child) == trained(whole)
    assert_equal(state(whole), state(child))
    best = [read(each.checkpoints / "best.ckpt")["state_dict"] for each in (whole, child)]
    assert_equal(*best)


def test_more_epochs(run):
    whole, parent = run("whole", "trainer.max_epochs=4"), run("parent", "trainer.max_epochs=2")
    before = content(parent)
    child = resume("parent", Path("outputs"), ["trainer.max_epochs=4"])
    check_equal(whole, parent, child)
    assert content(parent) == before
    assert child.path == parent.path.with_name("parent-further")
    assert read_json(child.path / "origin.json")["run"] == str(parent.path)
    assert read_json(child.manifest)["fingerprint"] == read_json(whole.manifest)["fingerprint"]
    # And from the child, which has an end of its own.
    longest = run("longest", "trainer.max_epochs=5")
    grandchild = resume("parent-further", Path("outputs"), ["trainer.max_epochs=5"])
    assert grandchild.path.name == "parent-further-further"
    assert trained(parent, child, grandchild) == trained(longest)
    assert_equal(state(longest), state(grandchild))


def test_after_early_stopping_with_more_patience(run):
    # Steps too small to change a prediction: no epoch is better than the first.
    slow = ["optimizer.lr=1e-9", "trainer.max_epochs=6"]
    whole, parent = run("whole", *slow, "trainer.patience=3"), run("p", *slow, "trainer.patience=1")
    assert [read_json(each.result)["epochs"] for each in (whole, parent)] == [4, 2]
    child = resume("p", Path("outputs"), ["trainer.patience=3"])
    check_equal(whole, parent, child)


@pytest.mark.parametrize("steps", [6, 8])
def test_after_max_steps(run, steps):
    # An epoch has 4 batches; the score of an epoch that was cut short comes when it is whole.
    common = ["trainer.max_epochs=3", "trainer.patience=9"]
    whole = run("whole", *common, "trainer.max_steps=11")
    parent = run("parent", *common, f"trainer.max_steps={steps}")
    child = resume("parent", Path("outputs"), ["trainer.max_steps=11"])
    check_equal(whole, parent, child)


class PowerCut(Exception):
    pass


@pytest.mark.parametrize("step", [5, 10])  # before its first snapshot, and after one
def test_a_child_that_was_cut_is_resumed(run, monkeypatch, step):
    whole, parent = run("whole", "trainer.max_epochs=3"), run("parent", "trainer.max_epochs=1")
    real = TrainingModule.training_step

    def cut(self, batch, index):
        if self.global_step == step:
            raise PowerCut
        return real(self, batch, index)

    monkeypatch.setattr(TrainingModule, "training_step", cut)
    with pytest.raises(PowerCut):
        resume("parent", Path("outputs"), ["trainer.max_epochs=3"])
    monkeypatch.setattr(TrainingModule, "training_step", real)
    child = resume("parent-further", Path("outputs"))
    check_equal(whole, parent, child)


def test_mlflow_shows_the_child_below_its_parent(run, uri):
    tracked = ["tracking.enabled=true", f"tracking.uri={uri}", "trainer.max_epochs=1"]
    parent = run("parent", *tracked)
    child = resume("parent", Path("outputs"), ["trainer.max_epochs=2"])
    ids = [read_json(each.path / "mlflow.json")["run_id"] for each in (parent, child)]
    tags = MlflowClient(uri).get_run(ids[1]).data.tags
    assert tags["mlflow.parentRunId"] == ids[0]
    assert tags["rnnlab.further_of"] == str(parent.path)
    steps = [p.step for p in MlflowClient(uri).get_metric_history(ids[1], "train/loss")]
    assert steps == [5, 6, 7, 8]


def test_a_child_of_a_run_with_initial_weights_has_its_fingerprint(run):
    run("source", "trainer.max_epochs=1", "seed=7")
    whole = run("whole", "init_from=source", "trainer.max_epochs=2")
    parent = run("parent", "init_from=source", "trainer.max_epochs=1")
    child = resume("parent", Path("outputs"), ["trainer.max_epochs=2"])
    check_equal(whole, parent, child)
    manifests = [read_json(each.manifest) for each in (whole, child)]
    assert manifests[0]["fingerprint"] == manifests[1]["fingerprint"]
    assert manifests[0]["setting"] == manifests[1]["setting"]


def unfinish(folder):
    status = read_json(folder.path / "status.json")
    (folder.path / "status.json").write_text(json.dumps({**status, "status": "FAILED"}))


def strip(folder):
    for path in folder.checkpoints.glob("*.ckpt"):
        path.unlink()


def more_devices(folder):
    config = OmegaConf.load(folder.config)
    config.trainer.devices, config.trainer.strategy = 4096, "ddp"
    OmegaConf.save(config, folder.config)


def old(folder):
    content = read(folder.checkpoints / "last.ckpt")
    del content["rnnlab"]
    write(content, folder.checkpoints / "last.ckpt")


@pytest.mark.parametrize(
    ("change", "overrides", "message"),
    [
        (unfinish, ["trainer.max_epochs=2"], "RUN=p: has not finished; resume it without changes"),
        (None, ["optimizer.lr=1"], "optimizer.lr=1: only how long .* valid: trainer.max_epochs, "),
        (None, ["trainer.max_epochs=2", "seed=1"], "seed=1: only how long"),
        (None, ["+trainer.max_epochs=2"], "only how long"),
        (None, ["trainer.max_epochs"], "trainer.max_epochs: is not KEY=VALUE"),
        (None, ["trainer.max_epochs=two"], "trainer.max_epochs=two: "),
        (None, ["trainer.max_epochs=1,2"], "trainer.max_epochs: there is no such key to change"),
        (None, ["trainer.max_epochs=1"], "trainer.max_epochs=1: the run has trained 1 already"),
        (None, ["trainer.patience=3"], "trainer.max_epochs=1: the run has trained 1 already"),
        (
            None,
            ["trainer.max_epochs=9", "trainer.max_steps=4"],
            "trainer.max_steps=4: the run has trained 4 already",
        ),
        (strip, ["trainer.max_epochs=2"], "RUN=p: has no checkpoint to go on from"),
        (more_devices, ["trainer.max_epochs=2"], "trainer.devices=4096: there are "),
        (old, ["trainer.max_epochs=2"], "checkpoint: is no snapshot that training can go on from"),
    ],
)
def test_what_is_refused_leaves_no_folder(finished, change, overrides, message):
    if change is not None:
        change(finished)
    before = sorted(finished.path.parent.iterdir())
    with pytest.raises(ConfigError, match=message):
        resume(str(finished.path), finished.path.parents[1], overrides)
    assert sorted(finished.path.parent.iterdir()) == before


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Return a finished run of one epoch."""
    outputs = tmp_path_factory.mktemp("template")
    return train([*SMALL, *QUICK, "trainer.max_epochs=1", "name=p", f"output_dir={outputs}"])


@pytest.fixture
def finished(template, tmp_path):
    """Return a copy of it of the test's own."""
    path = tmp_path / "outputs" / "digits_rows" / "p"
    shutil.copytree(template.path, path)
    return RunFolder(path)


def test_the_comparison_notices_one_bit(finished, template):
    content = read(finished.checkpoints / "last.ckpt")
    assert_equal(state(template), state(finished))
    weight = next(iter(content["state_dict"].values()))
    weight.view(-1)[0] = torch.nextafter(weight.view(-1)[0], torch.tensor(9.0))
    write(content, finished.checkpoints / "last.ckpt")
    with pytest.raises(AssertionError):
        assert_equal(state(template), state(finished))


def test_a_schedule_with_an_end_is_told_of(small, caplog):
    train([*small, "name=first", "scheduler=cosine"])
    resume("first", Path("outputs"), ["trainer.max_epochs=3"])
    assert "scheduler.T_max stays 2: the learning rate goes on" in caplog.text
