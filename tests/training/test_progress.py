import sys
from io import StringIO
from types import SimpleNamespace

import pytest
import torch

from rnnlab.training.progress import OneLineProgress


def trainer(**values):
    loop = SimpleNamespace(total_batch_idx=-1)
    return SimpleNamespace(
        **{
            "num_training_batches": 20,
            "max_epochs": 3,
            "max_steps": -1,
            "accumulate_grad_batches": 1,
            "current_epoch": 0,
            "callback_metrics": {},
            "fit_loop": SimpleNamespace(epoch_loop=loop),
            **values,
        }
    )


@pytest.fixture
def bar():
    bars = []

    def start(**values):
        bar, fit = OneLineProgress("val/accuracy"), trainer(**values)
        bar.on_train_start(fit, None)
        bars.append((bar, fit))
        return bar, fit

    yield start
    for bar, fit in bars:
        bar.teardown(fit, None, "fit")


def shown(bar):
    (task,) = bar._progress.tasks
    return task


def feed(bar, fit, batches):
    for index in range(batches):
        fit.fit_loop.epoch_loop.total_batch_idx += 1
        bar.on_train_batch_end(fit, None, {"loss": torch.tensor(0.5)}, None, index)


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ({}, 60),
        ({"max_steps": 7}, 7),
        ({"max_steps": 7, "accumulate_grad_batches": 4}, 28),
        ({"max_steps": 700}, 60),
        ({"max_epochs": -1}, None),
        ({"max_epochs": None, "max_steps": 7}, 7),
        ({"num_training_batches": float("inf")}, None),
        ({"num_training_batches": float("inf"), "max_steps": 7}, 7),
    ],
)
def test_the_bar_is_as_long_as_the_training(bar, values, total):
    assert shown(bar(**values)[0]).total == total


def test_it_moves_four_times_a_second_and_at_the_end_of_an_epoch(bar, monkeypatch):
    progress, fit = bar()
    now = [1000.0]
    monkeypatch.setattr("rnnlab.training.progress.time.monotonic", lambda: now[0])
    feed(progress, fit, 9)
    assert shown(progress).completed == 1
    now[0] += 0.24
    feed(progress, fit, 9)
    assert shown(progress).completed == 1
    now[0] += 0.02
    feed(progress, fit, 1)
    assert shown(progress).completed == 19
    assert shown(progress).fields["news"] == "loss 0.5"
    feed(progress, fit, 1)
    fit.callback_metrics["val/accuracy"] = torch.tensor(0.75)
    progress.on_train_epoch_end(fit, None)
    assert shown(progress).completed == 20
    assert shown(progress).description == "epoch 1/3"
    assert shown(progress).fields["news"] == "val/accuracy 0.75"


def test_an_endless_training_has_no_last_epoch(bar):
    progress, fit = bar(max_epochs=-1, max_steps=5)
    progress.on_train_epoch_end(fit, None)
    assert shown(progress).description == "epoch 1"


def test_disabled_it_shows_nothing(capsys):
    progress, fit = OneLineProgress("val/loss"), trainer()
    progress.disable()
    progress.on_train_start(fit, None)
    feed(progress, fit, 10)
    progress.on_train_epoch_end(fit, None)
    progress.teardown(fit, None, "fit")
    assert capsys.readouterr().out == ""
    progress.enable()
    progress.on_train_start(fit, None)
    progress.teardown(fit, None, "fit")
    assert "training" in capsys.readouterr().out


def test_the_line_stays_when_training_breaks_off(capsys):
    progress, fit = OneLineProgress("val/loss"), trainer()
    progress.on_train_start(fit, None)
    feed(progress, fit, 10)
    progress.teardown(fit, None, "fit")
    progress.teardown(fit, None, "fit")
    progress.on_train_epoch_end(fit, None)
    assert "epoch 1/3" in capsys.readouterr().out


def test_a_reader_that_has_gone_does_not_end_the_training(bar, monkeypatch):
    class Pipe(StringIO):
        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Pipe())
    progress, fit = bar()
    feed(progress, fit, 20)
    progress.teardown(fit, None, "fit")
