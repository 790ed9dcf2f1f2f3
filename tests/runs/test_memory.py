import time

import pytest
import torch
from torch import nn

from rnnlab.config.compose import compose
from rnnlab.errors import ConfigError, RunFailed
from rnnlab.runs import assemble
from rnnlab.runs.json_files import read_json
from rnnlab.runs.memory import check_weights
from rnnlab.runs.train import train


def test_weights_that_fit_are_made_nowhere():
    made = []
    check_weights(lambda: made.append(nn.Linear(3, 4)) or made[-1])
    assert made[0].weight.device.type == "meta"


def test_weights_that_do_not_fit_are_refused_at_once():
    began = time.perf_counter()
    with pytest.raises(RunFailed, match=r"weights are 4,000,000\.0 GB, and \S+ GB are free$"):
        check_weights(lambda: nn.Linear(10**9, 10**6))
    assert time.perf_counter() - began < 5


def test_what_cannot_be_made_without_content_is_not_checked():
    class Curious(nn.Module):
        def __init__(self):
            super().__init__()
            self.total = float(nn.Parameter(torch.ones(2)).sum())

    check_weights(Curious)


@pytest.mark.parametrize("size", [10**8, 10**12])
def test_a_model_too_large_is_one_line_and_no_folder(small, tmp_path, size):
    with pytest.raises(RunFailed, match="there is not enough memory for ") as caught:
        train([*small, f"cell.hidden_size={size}"])
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "outputs").exists()


def test_sizes_that_nobody_can_count_are_a_mistake(small, tmp_path):
    with pytest.raises(ConfigError, match=r"^cell: makes sizes of more than 64 bits of it$"):
        train([*small, f"cell.hidden_size={2**62}"])
    assert not (tmp_path / "outputs").exists()


def test_initial_weights_do_not_depend_on_the_check(small, monkeypatch):
    config = compose(small)
    with_check = assemble.assemble(config).model.state_dict()
    monkeypatch.setattr(assemble, "check_weights", lambda make: None)
    without = assemble.assemble(config).model.state_dict()
    assert with_check.keys() == without.keys()
    assert all(torch.equal(with_check[name], without[name]) for name in without)


def test_batches_larger_than_the_data_are_one_smaller_batch(small):
    overrides = [
        "dataset=adding", "dataset.steps=4", "dataset.train_size=64", "trainer.batch_size=100000",
        "trainer.limit_train_batches=null", "trainer.max_epochs=1", "diagnostics.baselines=false",
    ]  # fmt: skip
    assert read_json(train([*small, *overrides]).result)["steps"] == 1
