from __future__ import annotations

import pytest
import torch

from rnnlab.diagnostics.subject import subject_of_config, subject_of_run
from rnnlab.errors import ConfigError
from rnnlab.runs.assemble import assemble
from rnnlab.runs.restore import read_config
from rnnlab.runs.train import train
from rnnlab.training.checkpoints import read_weights
from tests.runs.conftest import small  # noqa: F401


def equal(a, b):
    return a.keys() == b.keys() and all(torch.equal(weight, b[name]) for name, weight in a.items())


@pytest.fixture
def run(small):  # noqa: F811
    return train([*small, "name=run", "trainer.max_epochs=3", "optimizer.lr=0.5", "seed=3"])


def test_the_moments_of_a_run(run, tmp_path):
    subject = subject_of_run("run", tmp_path / "outputs", "all")
    assert subject.title == "digits_rows/run"
    untrained = assemble(read_config(run)).model.state_dict()
    by_name = {moment.name: moment.weights for moment in subject.moments}
    assert next(iter(by_name)) == "untrained"
    assert equal(by_name["untrained"], untrained)
    best, last = (read_weights(run.checkpoint(name)) for name in ("best.ckpt", "last.ckpt"))
    if equal(best, last):
        assert list(by_name)[1:] == ["best, last (epoch 3)"]
    else:
        assert equal(by_name["best"], best)
        assert equal(by_name["last (epoch 3)"], last)


def test_a_run_that_began_from_another(run, small, tmp_path):  # noqa: F811
    child = train([*small, "name=child", "init_from=run", "seed=4"])
    subject = subject_of_run(str(child.path), tmp_path / "outputs", "untrained")
    (moment,) = subject.moments
    assert equal(moment.weights, read_weights(run.checkpoint("best.ckpt")))


def test_a_network_that_was_never_trained(small):  # noqa: F811
    subject = subject_of_config([*small, "seed=5"])
    (moment,) = subject.moments
    assert (moment.name, moment.weights, subject.folder) == ("untrained", None, None)


def test_a_checkpoint_that_is_not_there(run, tmp_path):
    run.checkpoint("best.ckpt").unlink()
    run.checkpoint("last.ckpt").unlink()
    for path in run.checkpoints.iterdir():
        path.unlink()
    with pytest.raises(ConfigError, match="no such checkpoint"):
        subject_of_run("run", tmp_path / "outputs", "best")
