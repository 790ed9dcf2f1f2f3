import pytest
import torch
from torch import nn

from rnnlab.config.compose import compose
from rnnlab.runs import threads
from rnnlab.runs.threads import set_threads


@pytest.fixture
def count(monkeypatch):
    """Return a function that tells how many threads were set: 4 where none were."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    now = [4]
    monkeypatch.setattr(torch, "get_num_threads", lambda: now[-1])
    monkeypatch.setattr(torch, "set_num_threads", now.append)
    return lambda: now[-1]


def config(**trainer):
    return compose([f"trainer.{name}={value}" for name, value in trainer.items()])


SMALL, LARGE = nn.LSTM(8, 32), nn.LSTM(512, 512)


def test_a_small_model_gets_one_thread(count, caplog):
    caplog.set_level("INFO", "rnnlab")
    set_threads(config(batch_size=32), SMALL)
    assert count() == 1
    assert "threads: 1, for a model of" in caplog.text


@pytest.mark.parametrize(("size", "model"), [(32, LARGE), (10_000, SMALL)])
def test_a_large_model_or_batch_keeps_those_of_torch(count, size, model):
    set_threads(config(batch_size=size), model)
    assert count() == 4


def test_embeddings_take_no_part_in_a_step(count):
    set_threads(config(batch_size=32), nn.Sequential(nn.Embedding(100_000, 64), SMALL))
    assert count() == 1


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "MKL_NUM_THREADS"])
def test_a_variable_of_the_user_counts(count, monkeypatch, name):
    monkeypatch.setenv(name, "3")
    set_threads(config(), SMALL)
    assert count() == 4


@pytest.mark.parametrize(("said", "threads"), [("null", 4), ("3", 3)])
def test_what_the_config_says_counts(count, said, threads):
    set_threads(config(threads=said), SMALL)
    assert count() == threads


def test_processes_that_share_the_cores_are_left_alone(count, monkeypatch):
    monkeypatch.setattr(threads.ranks, "processes", lambda: 2)
    set_threads(config(), SMALL)
    assert count() == 4
