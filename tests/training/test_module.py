import math

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import Logger

from rnnlab.cells import LSTM
from rnnlab.data.batch import Batch
from rnnlab.data.loading import StreamLoader, TensorLoader
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import StreamSplit, TensorSplit
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.errors import NonFinite
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab.recurrence import Recurrent
from rnnlab.tasks.synced_many_to_many import SyncedManyToMany
from rnnlab.training.module import TrainingModule
from rnnlab.training.tbptt import TruncatedLoader

SPEC = DataSpec(
    input=Field("reals", 2, sequence=True),
    target=Field("tokens", 3, sequence=True, vocabulary=Vocabulary(("a", "b", "c"))),
    aligned=True,
)


class Recorder(Logger):
    """Keeps every point in memory."""

    name, version = "recorder", "0"

    def __init__(self):
        super().__init__()
        self.points = {}

    def log_metrics(self, metrics, step=None):
        for name, value in metrics.items():
            self.points.setdefault(name, {})[step] = value

    def log_hyperparams(self, params, *args, **kwargs):
        pass


def make_module(**options):
    torch.manual_seed(0)
    task = SyncedManyToMany()
    model = task.build_model(
        SPEC, lambda size, *, causal=False: RecurrentBackbone(size, lambda n: LSTM(n, 4))
    )
    options = {"log_every_n_steps": 1, **options}
    lr = options.pop("lr", 0.1)
    return TrainingModule(
        model, task, SPEC, optimizer=lambda p: torch.optim.SGD(p, lr=lr), **options
    )


def make_split(examples=6, steps=10):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(examples, steps, 2, generator=generator)
    return TensorSplit(x, torch.randint(0, 3, (examples, steps), generator=generator))


def fit(module, loader, *, validation=None, **options):
    recorder = Recorder()
    trainer = pl.Trainer(
        **{"max_epochs": 1, **options}, accelerator="cpu", logger=recorder, num_sanity_val_steps=0,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
        log_every_n_steps=1, use_distributed_sampler=False,
    )  # fmt: skip
    some = TensorLoader(make_split(2), 2, shuffle=False, seed=0)
    trainer.fit(module, loader, validation or some)
    return recorder.points


def test_gradient_norm_is_that_before_clipping_and_one_step_equals_plain_torch():
    module, reference = make_module(), make_module()
    batch = next(iter(TensorLoader(make_split(), 6, shuffle=False, seed=0)))
    before = [p.detach().clone() for p in reference.model.parameters()]
    reference.task.loss(reference.model(batch), batch).mean.backward()
    gradients = [p.grad for p in reference.model.parameters()]
    norm = math.sqrt(sum(float(g.double().square().sum()) for g in gradients))
    clip = norm / 2
    loader = TensorLoader(make_split(), 6, shuffle=False, seed=0)
    points = fit(module, loader, gradient_clip_val=clip)
    assert points["grad_norm/total"][1] == pytest.approx(norm, rel=1e-5)
    parts = [v[1] for k, v in points.items() if k.startswith("grad_norm/") and "." in k]
    parts += [points["grad_norm/head"][1]]
    assert points["grad_norm/clipped_fraction"][1] == 1.0
    for now, old, gradient in zip(module.model.parameters(), before, gradients, strict=True):
        assert torch.allclose(now, old - 0.1 * gradient / 2, atol=1e-6)
    update = math.sqrt(sum(float((g * 0.05).double().square().sum()) for g in gradients))
    weights = math.sqrt(sum(float(w.double().square().sum()) for w in before))
    assert points["update_ratio/total"][1] == pytest.approx(update / weights, rel=1e-4)


def test_group_norms_make_up_the_total():
    points = fit(make_module(), TensorLoader(make_split(), 2, shuffle=False, seed=0))
    groups = [
        name for name in points if name.startswith("grad_norm/") and name != "grad_norm/total"
    ]
    assert len(groups) >= 3
    for step, total in points["grad_norm/total"].items():
        squares = sum(points[name][step] ** 2 for name in groups)
        assert math.sqrt(squares) == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("every", [1, 2, 3])
def test_points_are_logged_every_n_steps(every):
    module = make_module(log_every_n_steps=every)
    loader = TensorLoader(make_split(), 1, shuffle=False, seed=0)
    points = fit(module, loader, gradient_clip_val=1e-9)
    assert list(points["train/loss"]) == list(range(every, 7, every))
    assert set(points["grad_norm/clipped_fraction"].values()) == {1.0}


def test_accumulated_gradients_make_one_step():
    loader = TensorLoader(make_split(), 2, shuffle=False, seed=0)
    points = fit(make_module(), loader, accumulate_grad_batches=3)
    assert list(points["grad_norm/total"]) == [1]


def test_measuring_can_be_switched_off():
    module = make_module(measure_gradients=False, measure_updates=False)
    points = fit(module, TensorLoader(make_split(), 2, shuffle=False, seed=0))
    assert not [name for name in points if name.startswith(("grad_norm", "update_ratio"))]


def test_truncation_takes_one_optimizer_step_a_chunk_with_the_state_carried():
    """Against a hand-written truncated backpropagation in plain torch."""
    module, reference = make_module(), make_module()
    whole = next(iter(TensorLoader(make_split(), 6, shuffle=False, seed=0)))
    optimizer = torch.optim.SGD(reference.model.parameters(), lr=0.1)
    state = None
    for start in (0, 4, 8):
        part = Batch(whole.input[:, start : start + 4], whole.target[:, start : start + 4])
        output = reference.model(part, state)
        optimizer.zero_grad()
        reference.task.loss(output, part).mean.backward()
        optimizer.step()
        state = torch.utils._pytree.tree_map(torch.Tensor.detach, output.state)
    points = fit(module, TruncatedLoader(TensorLoader(make_split(), 6, shuffle=False, seed=0), 4))
    assert list(points["train/loss"]) == [1, 2, 3]
    for found, expected in zip(
        module.model.parameters(), reference.model.parameters(), strict=True
    ):
        assert torch.allclose(found, expected, atol=1e-6)


def test_a_stream_carries_its_state_across_batches_and_starts_anew_each_epoch():
    module = make_module(lr=0.0)
    split = make_split(1, 40)
    stream = StreamSplit(split.input[0], split.target[0])
    points = fit(module, StreamLoader(stream, 2, steps=5), max_epochs=2)
    whole = Batch(split.input[0].reshape(2, 20, 2), split.target[0].reshape(2, 20))
    values = module.model(whole).values
    losses = torch.nn.functional.cross_entropy(
        values.flatten(0, 1), whole.target.flatten(), reduction="none"
    ).reshape(2, 4, 5)
    expected = losses.mean((0, 2)).tolist()
    found = list(points["train/loss"].values())
    assert found == pytest.approx([*expected, *expected], rel=1e-5)


def test_validation_scores_are_those_of_all_batches_together():
    module = make_module(lr=0.0)
    split = make_split(7)
    loader = TensorLoader(split, 3, shuffle=False, seed=0)
    points = fit(module, loader, validation=loader)
    values = module.model(split.batch(torch.arange(7))).values
    expected = (values.argmax(-1) == split.target).float().mean().item()
    assert points["val/accuracy"] == {3: pytest.approx(expected)}
    loss = torch.nn.functional.cross_entropy(values.flatten(0, 1), split.target.flatten())
    assert points["val/loss"] == {3: pytest.approx(loss.item(), rel=1e-5)}


def test_orders_of_epochs_differ_and_follow_the_seed():
    seen = []

    class Spy(TensorLoader):
        def __iter__(self):
            seen.append(self.epoch)
            yield from super().__iter__()

    fit(make_module(), Spy(make_split(), 2, shuffle=True, seed=0), max_epochs=3)
    assert seen == [0, 1, 2]


def test_infinite_loss_names_the_step():
    split = make_split()
    split.input[5] = math.inf
    module = make_module()
    with pytest.raises(NonFinite, match=r"(loss|gradient).* at step 5"):
        fit(module, TensorLoader(split, 1, shuffle=False, seed=0))


def test_infinite_gradient_names_the_parameter():
    module = make_module()
    module.model.head.weight.register_hook(lambda gradient: gradient * math.inf)
    with pytest.raises(NonFinite, match=r"gradient of head.weight is not finite at step 0"):
        fit(module, TensorLoader(make_split(), 2, shuffle=False, seed=0))


def test_a_fault_between_two_logged_steps_is_told_with_its_own_step():
    split = make_split()
    split.input[2] = math.inf
    module = make_module(log_every_n_steps=5)
    with pytest.raises(NonFinite, match=r"(loss|gradient).* at step 2"):
        fit(module, TensorLoader(split, 1, shuffle=False, seed=0))


def test_a_fault_after_the_last_logged_step_is_found_before_the_validation():
    split = make_split()
    split.input[5] = math.inf
    module = make_module(log_every_n_steps=5)
    with pytest.raises(NonFinite, match=r"(loss|gradient).* at step 5"):
        fit(module, TensorLoader(split, 1, shuffle=False, seed=0))
    assert module.scores is not None
    assert not module.trainer.callback_metrics


def test_nobody_goes_on_from_a_fault():
    module = make_module(log_every_n_steps=100)
    fit(module, TensorLoader(make_split(), 1, shuffle=False, seed=0))
    module._unread.add_loss(6, torch.tensor(math.nan))
    with pytest.raises(NonFinite, match="at step 6"):
        module.carried()


def test_clipped_steps_are_counted_across_looks(monkeypatch):
    monkeypatch.setattr("rnnlab.training.unread._MOST", 2)
    module = make_module(log_every_n_steps=5)
    points = fit(
        module, TensorLoader(make_split(), 1, shuffle=False, seed=0), gradient_clip_val=1e-9
    )
    assert points["grad_norm/clipped_fraction"] == {5: 1.0}


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({"max_epochs": 3}, 9),
        ({"max_steps": 4, "max_epochs": 3}, 4),
        ({"max_epochs": 2, "accumulate_grad_batches": 3}, 2),
        ({"max_epochs": 2, "limit_train_batches": 2}, 4),
        ({"max_epochs": -1, "max_steps": 2}, 2),
    ],
)
def test_recurrent_layers_are_told_how_long_they_will_be_trained(options, steps):
    module = make_module()
    fit(module, TensorLoader(make_split(), 2, shuffle=False, seed=0), **options)
    (layer,) = [part for part in module.model.modules() if isinstance(part, Recurrent)]
    assert layer.expected_steps == steps


def test_a_final_state_is_kept_for_loaders_that_go_on_from_it():
    module = make_module()
    fit(module, TensorLoader(make_split(), 2, shuffle=False, seed=0))
    assert module._state is None
    split = make_split(1, 40)
    fit(module, StreamLoader(StreamSplit(split.input[0], split.target[0]), 2, steps=5))
    assert module._state is not None


@pytest.mark.parametrize("precision", ["64-true", "bf16-mixed"])
def test_other_precisions_train(precision):
    points = fit(
        make_module(), TensorLoader(make_split(), 2, shuffle=False, seed=0), precision=precision
    )
    assert all(math.isfinite(value) for value in points["train/loss"].values())
