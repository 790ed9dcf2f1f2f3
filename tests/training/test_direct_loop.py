"""The lean loop does what Lightning's own does, hook for hook and bit for bit."""

import pytest
import pytorch_lightning as pl
import torch

from rnnlab.data.loading import TensorLoader
from rnnlab.training.direct_loop import DirectLoop, use_direct_loop
from tests.training.test_module import Recorder, make_module, make_split

HOOKS = """
    on_train_start on_train_epoch_start on_train_batch_start on_before_zero_grad on_before_backward
    on_after_backward on_before_optimizer_step on_train_batch_end on_validation_start
    on_validation_batch_end on_validation_end on_train_epoch_end on_train_end
""".split()


class Spy(pl.Callback):
    """Notes every hook, with the counters and gradients that it sees."""

    def __init__(self):
        self.seen = []


def _noting(hook):
    def note(self, trainer, pl_module, *arguments):
        gradient = pl_module.model.head.weight.grad
        seen = [hook, pl_module._current_fx_name, trainer.global_step, trainer.is_last_batch]
        seen.append(trainer.fit_loop.epoch_loop.batch_idx)
        seen.append(None if gradient is None else gradient.sum().item())
        self.seen.append(seen)
        if hook == "on_train_batch_end":
            outputs, _, index = arguments
            self.seen.append((sorted(outputs), outputs["loss"].item(), index))

    return note


for each in HOOKS:
    setattr(Spy, each, _noting(each))


class Logs(pl.Callback):
    """Logs by way of Lightning."""

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.log("mine", float(batch_idx), on_step=True, on_epoch=True, batch_size=2)


def fit(*, direct, callbacks=(), optimizer=None, scheduler=None, **options):
    module = make_module(log_every_n_steps=2, **(scheduler or {}))
    if optimizer is not None:
        module._make_optimizer = optimizer
    recorder, spy = Recorder(), Spy()
    trainer = pl.Trainer(
        **{"max_epochs": 3, "gradient_clip_val": 0.5, "log_every_n_steps": 1, **options},
        accelerator="cpu", logger=recorder, num_sanity_val_steps=0, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, use_distributed_sampler=False,
        callbacks=[spy, *callbacks],
    )  # fmt: skip
    if direct:
        use_direct_loop(trainer)
        assert isinstance(trainer.fit_loop.epoch_loop, DirectLoop)
    train = TensorLoader(make_split(7), 2, shuffle=True, seed=3)
    trainer.fit(module, train, TensorLoader(make_split(2), 2, shuffle=False, seed=0))
    return module, recorder.points, spy.seen, trainer


def equal(first, second):
    a, b = (one[0].state_dict() for one in (first, second))
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert first[1] == second[1]
    assert first[2] == second[2]
    for progress in ("batch_progress", "scheduler_progress"):
        found = [
            getattr(one[3].fit_loop.epoch_loop, progress).state_dict() for one in (first, second)
        ]
        assert found[0] == found[1]
    found = [
        one[3].fit_loop.epoch_loop.automatic_optimization.optim_progress.state_dict()
        for one in (first, second)
    ]
    assert found[0] == found[1]


def used(trainer):
    return trainer.fit_loop.epoch_loop._hooks is not None


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"max_steps": 5},
        {"check_val_every_n_epoch": 2},
        {"limit_train_batches": 2},
        {"gradient_clip_val": None},
    ],
)
def test_it_equals_lightnings_own(options):
    own, direct = fit(direct=False, **options), fit(direct=True, **options)
    assert used(direct[3])
    equal(own, direct)


def test_what_callbacks_log_is_logged():
    own, direct = (fit(direct=way, callbacks=[Logs()]) for way in (False, True))
    assert used(direct[3])
    assert "mine_step" in own[1]
    assert "mine_epoch" in own[1]
    equal(own, direct)


@pytest.mark.parametrize("interval", ["step", "epoch"])
def test_schedules_move(interval):
    schedule = {
        "scheduler": lambda made: torch.optim.lr_scheduler.ExponentialLR(made, 0.8),
        "scheduler_interval": interval,
    }
    own, direct = (fit(direct=way, scheduler=schedule) for way in (False, True))
    assert used(direct[3])
    assert len(set(own[1]["learning_rate"].values())) > 1
    equal(own, direct)


def test_an_optimizer_that_takes_several_looks_gets_them():
    def lbfgs(parameters):
        return torch.optim.LBFGS(parameters, lr=0.1, max_iter=3)

    own, direct = (fit(direct=way, optimizer=lbfgs) for way in (False, True))
    assert used(direct[3])
    equal(own, direct)


@pytest.mark.parametrize(
    "options", [{"accumulate_grad_batches": 2}, {"precision": "bf16-mixed"}, {"profiler": "simple"}]
)
def test_what_needs_more_gets_lightnings_own(options):
    own, direct = fit(direct=False, **options), fit(direct=True, **options)
    assert not used(direct[3])
    equal(own, direct)


def test_a_lightning_that_it_was_not_compared_with_keeps_its_own(monkeypatch):
    monkeypatch.setattr("rnnlab.training.direct_loop.version", lambda name: "2.99.0")
    trainer = pl.Trainer(accelerator="cpu", logger=False, enable_checkpointing=False)
    use_direct_loop(trainer)
    assert not isinstance(trainer.fit_loop.epoch_loop, DirectLoop)
