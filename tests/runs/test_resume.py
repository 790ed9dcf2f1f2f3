import os
from pathlib import Path

import pytest
import torch

from rnnlab.errors import ConfigError
from rnnlab.runs.execute import execute
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.json_files import read_json, write_json
from rnnlab.runs.resume import resume
from rnnlab.runs.train import train
from rnnlab.training.module import TrainingModule


class PowerCut(Exception):
    pass


def cut_at(monkeypatch, step):
    """Make training fail at the start of a step, as if the power went."""
    real = TrainingModule.training_step

    def training_step(self, batch, index):
        if self.global_step == step:
            raise PowerCut
        return real(self, batch, index)

    monkeypatch.setattr(TrainingModule, "training_step", training_step)
    return lambda: monkeypatch.setattr(TrainingModule, "training_step", real)


def weights(folder):
    return torch.load(folder.checkpoints / "last.ckpt", weights_only=True)["state_dict"]


def test_an_interrupted_run_goes_on_to_the_same_end(small, monkeypatch, tmp_path):
    whole = train([*small, "name=whole", "trainer.max_epochs=3"])
    restore = cut_at(monkeypatch, 6)
    with pytest.raises(PowerCut):
        train([*small, "name=cut", "trainer.max_epochs=3"])
    restore()
    folder = RunFolder(tmp_path / "outputs/digits_rows/cut")
    assert folder.read_status()["status"] == "FAILED"
    resumed = resume("cut", Path("outputs"))
    assert resumed == folder
    assert folder.read_status()["status"] == "FINISHED"
    assert read_json(folder.result)["steps"] == 12
    expected, found = weights(whole), weights(folder)
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_a_run_cut_before_its_first_checkpoint_starts_again(small, monkeypatch, tmp_path):
    restore = cut_at(monkeypatch, 0)
    with pytest.raises(PowerCut):
        train([*small, "name=cut"])
    restore()
    result = execute(RunFolder(tmp_path / "outputs/digits_rows/cut"), resume=True)
    assert result["steps"] == 8


def test_a_finished_run_is_not_resumed(small):
    train([*small, "name=done", "trainer.max_epochs=1"])
    with pytest.raises(ConfigError, match="RUN=done: the run has finished"):
        resume("done", Path("outputs"))


def test_a_run_that_a_living_process_trains_is_not_resumed(small):
    folder = train([*small, "name=alive", "trainer.max_epochs=1"])
    folder.write_status(Status.RUNNING)
    with pytest.raises(ConfigError, match=f"RUN=alive: process {os.getpid()} on .* since 20"):
        resume("alive", Path("outputs"))
    assert folder.read_status()["status"] == "RUNNING"


def test_the_number_of_a_process_that_is_gone_does_not_block_a_run(small):
    folder = train([*small, "name=gone", "trainer.max_epochs=1"])
    folder.write_status(Status.RUNNING)
    status = read_json(folder.path / "status.json")
    # The run began before this process, to which its number was given, was born.
    status["times"]["RUNNING"] = "2020-01-01T00:00:00.000+00:00"
    write_json(folder.path / "status.json", status)
    resume("gone", Path("outputs"))
    assert folder.read_status()["status"] == "FINISHED"
