import math
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
import torch

from rnnlab.errors import ConfigError
from rnnlab.training.checkpoint_archive import DamagedCheckpoint
from rnnlab.training.checkpoint_files import write
from rnnlab.training.checkpoints import Checkpoints, position_of, read_weights


def test_only_weights_of_the_model_are_taken(tmp_path):
    content = {"state_dict": {"model.a": torch.ones(1), "scores.total": torch.ones(1)}}
    write(content, tmp_path / "best.ckpt")
    assert list(read_weights(tmp_path / "best.ckpt")) == ["a"]


@pytest.mark.parametrize(
    "content", [{}, {"state_dict": 3}, {"state_dict": {"model.a": 3}}, {"state_dict": {1: 2}}]
)
def test_a_checkpoint_without_weights_is_told(tmp_path, content):
    write(content, tmp_path / "best.ckpt")
    with pytest.raises(DamagedCheckpoint, match=r"best\.ckpt: .* it holds no weights"):
        read_weights(tmp_path / "best.ckpt")


@pytest.mark.parametrize(
    ("mode", "scores", "kept"),
    [
        ("min", [3.0, 2.0, 2.5, 1.0], [0, 1, 3]),
        ("max", [0.1, 0.3, 0.2, 0.3], [0, 1, 3]),
        ("min", [math.nan, 2.0, math.nan], [1]),
        ("min", [None, 2.0, None], [1]),
    ],
)
def test_best_is_written_when_the_score_improves(tmp_path, mode, scores, kept):
    callback = Checkpoints(tmp_path, "val/x", mode)
    written = []
    for epoch, score in enumerate(scores):
        trainer = MagicMock()
        trainer.current_epoch = epoch
        trainer.callback_metrics = {} if score is None else {"val/x": torch.tensor(score)}
        trainer.save_checkpoint = lambda path, epoch=epoch, **_: written.append((path.name, epoch))
        callback.on_validation_end(trainer, SimpleNamespace())
        callback.on_train_epoch_end(trainer, SimpleNamespace())
    assert [epoch for name, epoch in written if name == "best.ckpt"] == kept
    restored = Checkpoints(tmp_path, "val/x", mode)
    restored.load_state_dict(callback.state_dict())
    assert (restored.best, restored.best_epoch) == (callback.best, callback.best_epoch)


def test_an_epoch_without_validation_is_not_the_best(tmp_path):
    callback, trainer = Checkpoints(tmp_path, "val/x", "max"), MagicMock()
    trainer.callback_metrics = {"val/x": torch.tensor(0.5)}  # Lightning keeps the last ones
    for trainer.current_epoch in range(4):
        if trainer.current_epoch == 1:
            callback.on_validation_end(trainer, SimpleNamespace())
        callback.on_train_epoch_end(trainer, SimpleNamespace())
    assert callback.best_epoch == 1


POSITION = {"epoch": 1, "batch": 2, "batches": 6, "step": 6}
SNAPSHOT = {
    "state_dict": {},
    "optimizer_states": [],
    "lr_schedulers": [],
    "rnnlab": {"position": POSITION, "stopped": False, "seconds": 1.5, "processes": [{}]},
}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"optimizer_states": None}, "optimizer_states is null and not list"),
        ({"rnnlab": {"position": POSITION}}, "rnnlab.stopped is missing"),
        ({"rnnlab": 5}, "rnnlab is int and not a mapping"),
        ({"rnnlab": {**SNAPSHOT["rnnlab"], "position": {"epoch": "x"}}}, "rnnlab.position"),
    ],
)
def test_a_snapshot_that_lacks_something_is_none(change, fault):
    assert position_of(SNAPSHOT).to_dict() == POSITION
    with pytest.raises(ConfigError, match=f"is no snapshot that training can go on from: {fault}"):
        position_of({**SNAPSHOT, **change})


def test_a_state_that_other_processes_carried_is_not_taken_up(tmp_path):
    callback = Checkpoints(tmp_path, "val/x", "max")
    share = {"module": {"state": [torch.zeros(2, 3)]}}
    with pytest.raises(ConfigError, match=r"trainer.devices=1: .* carried by 2 processes"):
        callback._restore(MagicMock(), {"processes": [share, share]})
