import json
import logging

import pytest
import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment as Slurm
from pytorch_lightning.callbacks import EarlyStopping
from pytorch_lightning.loggers import Logger

from rnnlab.config.compose import compose
from rnnlab.errors import ConfigError, NonFinite, RunFailed
from rnnlab.runs.assemble import assemble
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.train import train
from rnnlab.runs.trainer import make_trainer, training_loader, training_module
from rnnlab.training.checkpoints import Checkpoints
from rnnlab.training.direct_loop import DirectLoop
from rnnlab.training.module import TrainingModule
from rnnlab.training.progress import OneLineProgress
from rnnlab.training.signals import Signals
from rnnlab.training.tbptt import TruncatedLoader
from tests.runs.conftest import SMALL


class Silent(Logger):
    name, version = "silent", "0"

    def log_metrics(self, metrics, step=None):
        """Forget them."""

    def log_hyperparams(self, params):
        """Forget them."""


def trainer(folder, *overrides):
    config = compose([*SMALL, *overrides])
    module = training_module(assemble(config))
    kept = Checkpoints(folder, "val/accuracy", "max")
    return make_trainer(config, RunFolder(folder), Silent(), module, kept, Signals())


def test_options_reach_lightning(tmp_path):
    made = trainer(tmp_path, "trainer.max_epochs=3", "trainer.gradient_clip_val=0.5")
    assert (made.max_epochs, made.gradient_clip_val) == (3, 0.5)
    assert made.limit_train_batches == 4
    assert made.limit_val_batches == 1.0  # null is Lightning's own default
    assert made.log_every_n_steps == 1  # the module itself decides what is logged


def test_early_stopping_follows_the_monitored_score(tmp_path):
    assert not any(isinstance(each, EarlyStopping) for each in trainer(tmp_path).callbacks)
    made = trainer(tmp_path, "trainer.patience=2")
    (stopping,) = [each for each in made.callbacks if isinstance(each, EarlyStopping)]
    assert (stopping.monitor, stopping.mode, stopping.patience) == ("val/accuracy", "max", 2)


@pytest.mark.parametrize("shown", [True, False])
def test_the_progress_line_can_be_turned_off(tmp_path, shown):
    made = trainer(tmp_path, f"trainer.enable_progress_bar={shown}".lower())
    assert any(isinstance(each, OneLineProgress) for each in made.callbacks) == shown


def test_snapshots_are_taken_before_any_other_callback_meets_a_batch(tmp_path):
    assert isinstance(trainer(tmp_path, "trainer.patience=2").callbacks[0], Checkpoints)


def test_batches_are_trained_by_the_lean_loop(tmp_path):
    assert isinstance(trainer(tmp_path).fit_loop.epoch_loop, DirectLoop)


def test_a_nan_is_the_cause_of_what_it_breaks(small, monkeypatch):
    """Losses are read late: what cannot go on from one may fail before that."""

    def step(self, batch, index):
        self._unread.add_loss(0, torch.tensor(float("nan")))
        raise ValueError("probabilities must be finite")

    monkeypatch.setattr(TrainingModule, "training_step", step)
    with pytest.raises(NonFinite, match="loss is nan at step 0"):
        train(small)


def test_training_batches_are_shuffled_by_the_seed():
    loaders = [training_loader(assemble(compose([*SMALL, f"seed={seed}"]))) for seed in (0, 0, 1)]
    first, again, other = (next(iter(loader)).input for loader in loaders)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_truncated_training_reads_chunks(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("abcab " * 200)
    options = ["dataset=characters", f"dataset.path={text}", "task=synced_many_to_many",
               "trainer.stream_steps=20", "trainer.truncate_steps=5"]  # fmt: skip
    loader = training_loader(assemble(compose([*SMALL, *options])))
    assert isinstance(loader, TruncatedLoader)
    assert next(iter(loader)).input.shape[1] == 5


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("trainer.devices=999", "trainer.devices=999: there are \\d+ cores"),
        ("trainer.devices=2 trainer.strategy=ddp_spawn", "trainer.strategy=ddp_spawn: cannot"),
        ("trainer.strategy=nonsense", "trainer: Lightning refuses it: .*nonsense"),
        ("trainer.accelerator=tpu", "trainer: Lightning refuses it: .*torch_xla"),
        ("optimizer.betas=[2,3]", "optimizer: Invalid beta parameter"),
        ("trainer.limit_train_batches=0.001", "limit_train_batches=0.001: is less than one batch"),
        ("trainer.limit_test_batches=0.001", "limit_test_batches=0.001: is less than one batch"),
    ],
)
def test_what_cannot_be_trained_here_is_refused_before_anything_is_written(
    small, tmp_path, override, line
):
    with pytest.raises(ConfigError, match=line):
        train([*small, *override.split()])
    assert not (tmp_path / "outputs").exists()


def test_a_share_of_too_few_batches_is_one_line(small):
    with pytest.raises(
        ConfigError, match=r"limit_val_batches=0\.5: is less than one batch: there are 1"
    ):
        train([*small, "trainer.limit_val_batches=0.5", "trainer.eval_batch_size=100000"])


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["scheduler=one_cycle", "scheduler.total_steps=2"], "scheduler, at step 3: .* 2"),
        (["scheduler=step", "scheduler.step_size=0"], "scheduler, at step 4: .*zero"),
    ],
)
def test_a_schedule_that_breaks_off_fails_the_run_in_one_line(small, tmp_path, overrides, line):
    with pytest.raises(RunFailed, match=line):
        train([*small, *overrides, "name=short"])
    folder = RunFolder(tmp_path / "outputs/digits_rows/short")
    assert folder.read_status()["status"] == "FAILED"
    log = folder.log.read_text()
    assert "the run failed" in log
    assert "Traceback" in log


def test_plateau_follows_each_validation_once(small):
    folder = train(
        [*small, "scheduler=plateau", "scheduler.patience=0", "scheduler.threshold=1e9",
         "trainer.check_val_every_n_epoch=2", "trainer.max_epochs=6"],
    )  # fmt: skip
    points = [json.loads(line) for line in folder.metrics.read_text().splitlines()]
    rates = [point["value"] for point in points if point["name"] == "learning_rate"]
    # A validation every 8 steps: the first is the best, each of the others halves the rate.
    assert rates == pytest.approx([1e-3] * 16 + [5e-4] * 8)


def test_the_console_hears_nothing_of_lightnings_news(small):
    lightning, heard = logging.getLogger("pytorch_lightning"), []
    listener = logging.Handler()
    listener.emit = heard.append
    lightning.setLevel(logging.INFO)
    lightning.addHandler(listener)
    try:
        train([*small, "trainer.max_epochs=1"])
    finally:
        lightning.removeHandler(listener)
    assert [record.getMessage() for record in heard] == []


def test_inside_a_job_of_slurm_lightning_does_not_know_it(tmp_path, monkeypatch):
    # As srun sets them. Lightning would take the job's signals, and requeue it by itself.
    for name, value in {"NTASKS": "1", "JOB_NAME": "sweep", "PROCID": "0"}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    assert isinstance(pl.Trainer(logger=False)._accelerator_connector.cluster_environment, Slurm)
    environment = trainer(tmp_path)._accelerator_connector.cluster_environment
    assert isinstance(environment, LightningEnvironment)
