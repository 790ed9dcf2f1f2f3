import pytest
import torch

from rnnlab.errors import ConfigError
from rnnlab.runs.restore import checkpoint, restore
from rnnlab.runs.train import train


def test_best_weights_come_back(small):
    folder = train([*small, "name=one"])
    _, model = restore(folder)
    best = torch.load(folder.checkpoints / "best.ckpt", weights_only=True)["state_dict"]
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, best[f"model.{name}"])
    assert not model.training


def test_last_stands_in_for_best_and_nothing_for_nothing(small):
    folder = train([*small, "name=one", "trainer.max_epochs=1"])
    (folder.checkpoints / "best.ckpt").unlink()
    assert checkpoint(folder).name == "last.ckpt"
    (folder.checkpoints / "last.ckpt").unlink()
    with pytest.raises(ConfigError, match="RUN=one: the run has no checkpoint yet"):
        restore(folder)
