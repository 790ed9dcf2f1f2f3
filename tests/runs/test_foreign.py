"""Run folders that somebody sent or a disk has damaged: links out of them, other checkpoints."""

import shutil
from pathlib import Path

import pytest

from rnnlab.cli import main
from rnnlab.errors import ConfigError, Refused
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.resume import resume
from rnnlab.runs.train import train
from rnnlab.training.checkpoint_reading import read
from rnnlab.training.module import TrainingModule
from tests.runs.conftest import SMALL
from tests.runs.killing import assert_equal, outcome

QUICK = ["task.dropout=0.3", "diagnostics.baselines=false", "trainer.threads=1"]


class PowerCut(Exception):
    pass


def cut_run(outputs, name, *overrides):
    """Return a run that was cut in its third epoch, so that it has two snapshots."""
    real = TrainingModule.training_step

    def cut(self, batch, index):
        if self.global_step == 10:
            raise PowerCut
        return real(self, batch, index)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainingModule, "training_step", cut)
        with pytest.raises(PowerCut):
            train([*SMALL, *QUICK, "trainer.max_epochs=3", f"name={name}",
                   f"output_dir={outputs}", *overrides])  # fmt: skip
    return RunFolder(outputs / "digits_rows" / name)


@pytest.fixture(scope="module")
def templates(tmp_path_factory):
    """Return a run that was cut, the same one whole, and a cut one of another architecture."""
    outputs = tmp_path_factory.mktemp("templates")
    whole = train([*SMALL, *QUICK, "trainer.max_epochs=3", "name=whole", f"output_dir={outputs}"])
    return {
        "cut": cut_run(outputs, "cut"),
        "whole": whole,
        "other": cut_run(outputs, "other", "cell.hidden_size=5"),
    }


@pytest.fixture
def run(templates, tmp_path):
    """Return what copies a template to a folder of the test's own."""

    def copied(name):
        path = tmp_path / "outputs" / "digits_rows" / name
        shutil.copytree(templates[name].path, path)
        return RunFolder(path)

    return copied


LINKED = [
    "checkpoints/last.ckpt", "checkpoints/best.ckpt", "checkpoints", "log.txt", "status.json",
    "metrics.jsonl", "manifest.json", "spec.json", "result.json", "config.yaml", ".lock",
    "origin.json", "init.json", "mlflow.json",
]  # fmt: skip
USED = {
    "resume": {*LINKED} - {"result.json", "checkpoints/best.ckpt"},
    "evaluate": {"checkpoints/best.ckpt", "checkpoints", "spec.json", "config.yaml"},
    "predict": {"checkpoints/best.ckpt", "checkpoints", "spec.json", "config.yaml"},
    "reproduce": {
        "checkpoints/last.ckpt", "checkpoints", "status.json", "metrics.jsonl", "manifest.json",
        "result.json", "config.yaml",
    },
}  # fmt: skip


def stored(folder):
    """Return what a folder holds: links, and the bytes of files."""
    return {
        str(path.relative_to(folder)): path.readlink() if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() or path.is_symlink()
    }


@pytest.mark.parametrize(
    ("verb", "name"), [(verb, name) for verb, names in USED.items() for name in sorted(names)]
)
def test_links_that_leave_the_folder_are_refused(run, tmp_path, capsys, verb, name):
    folder = run("cut" if verb == "resume" else "whole")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    secret, path = elsewhere / "secret", folder.path / name
    if path.exists():
        path.rename(secret)
    else:
        secret.write_text("{}")
    path.symlink_to(secret)
    before = stored(elsewhere)
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"input": 1}\n')
    options = {
        "predict": ["--input", str(rows), "--output", str(tmp_path / "answers.jsonl")],
    }.get(verb, [])
    outputs = ["--output-dir", str(tmp_path / "nothing")]
    assert main([verb, str(folder.path), *options, *outputs]) == 3
    error = capsys.readouterr().err
    assert "is a link that leads out of the run folder" in error
    assert error.count("rnnlab: error:") == 1
    assert stored(elsewhere) == before
    assert not (tmp_path / "answers.jsonl").exists()
    assert not folder.path.with_name("whole-again").exists()


@pytest.mark.parametrize("name", ["last.ckpt", "previous.ckpt"])
def test_a_link_to_a_snapshot_elsewhere_is_not_trained_further(run, tmp_path, name):
    folder = run("whole")
    path = folder.checkpoints / name
    path.rename(tmp_path / name)
    path.symlink_to(tmp_path / name)
    with pytest.raises(Refused, match="is a link that leads out of the run folder"):
        resume(str(folder.path), tmp_path, ["trainer.max_epochs=5"])
    assert not folder.path.with_name("whole-further").exists()


def test_a_snapshot_of_another_architecture_is_one_line(run, templates, capsys, tmp_path):
    folder = run("cut")
    shutil.copy(templates["other"].checkpoints / "last.ckpt", folder.checkpoints)
    assert main(["resume", str(folder.path), "--output-dir", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("rnnlab: error: checkpoint=")
    assert "last.ckpt: was made by another architecture: model." in error
    assert error.count("\n") == 1
    status = folder.read_status()
    assert status["status"] == "FAILED"
    assert "was made by another architecture" in status["cause"]
    assert read(folder.checkpoints / "last.ckpt")["rnnlab"]["position"]["epoch"] == 2


def test_a_model_of_another_architecture_is_one_line(run, templates, capsys, tmp_path):
    folder = run("whole")
    shutil.copy(templates["other"].checkpoints / "best.ckpt", folder.checkpoints)
    before = stored(folder.path)
    assert main(["evaluate", str(folder.path), "--output-dir", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("rnnlab: error: checkpoint=")
    assert error.count("\n") == 1
    assert stored(folder.path) == before


def test_a_best_checkpoint_of_another_architecture_ends_a_resumed_run(run, templates, tmp_path):
    folder = run("whole")
    folder.write_status(Status.KILLED)
    shutil.copy(templates["other"].checkpoints / "best.ckpt", folder.checkpoints)
    with pytest.raises(ConfigError, match=r"best\.ckpt: was made by another architecture"):
        resume(str(folder.path), tmp_path)


@pytest.mark.parametrize("size", [0, 100, -2000, -1])
def test_a_torn_snapshot_costs_the_batches_since_the_one_before(run, templates, capsys, size):
    folder = run("cut")
    last = folder.checkpoints / "last.ckpt"
    last.write_bytes(last.read_bytes()[:size])
    resume(str(folder.path), Path("nothing"))
    assert "; previous.ckpt is used instead" in capsys.readouterr().err
    found = outcome(folder)
    assert_equal(outcome(templates["whole"]), found)


def test_where_both_snapshots_are_torn_the_run_fails_and_says_so(run, capsys, tmp_path):
    folder = run("cut")
    for name in ("last.ckpt", "previous.ckpt"):
        path = folder.checkpoints / name
        path.write_bytes(path.read_bytes()[:-700])
    before = {path.name: path.read_bytes() for path in folder.checkpoints.iterdir()}
    assert main(["resume", str(folder.path), "--output-dir", str(tmp_path)]) == 4
    error = capsys.readouterr().err
    assert "last.ckpt: is not a whole checkpoint" in error
    assert "nor is previous.ckpt" in error
    assert folder.read_status()["status"] == "FAILED"
    assert {path.name: path.read_bytes() for path in folder.checkpoints.iterdir()} == before
