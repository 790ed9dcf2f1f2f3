import torch

from rnnlab.cells import GRU
from rnnlab.data.loading import StreamLoader, TensorLoader
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import StreamSplit, TensorSplit
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab.tasks.synced_many_to_many import SyncedManyToMany
from rnnlab.training.evaluation import evaluate

SPEC = DataSpec(
    input=Field("reals", 2, sequence=True),
    target=Field("reals", 1, sequence=True),
    aligned=True,
)
CPU = torch.device("cpu")


def make(dropout=0.0):
    torch.manual_seed(0)
    task = SyncedManyToMany(dropout=dropout)
    model = task.build_model(
        SPEC, lambda size, *, causal=False: RecurrentBackbone(size, lambda n: GRU(n, 4))
    )
    return task, model


def test_batch_size_does_not_change_scores():
    task, model = make()
    split = TensorSplit(torch.randn(7, 5, 2), torch.randn(7, 5, 1))
    found = [
        evaluate(model, task, TensorLoader(split, size, shuffle=False, seed=0), device=CPU)
        for size in (1, 3, 7)
    ]
    target = split.target
    with torch.no_grad():
        expected = (model(split.batch(torch.arange(7))).values - target).square().mean().item()
    for scores in found:
        assert abs(scores["loss"] - expected) < 1e-6


def test_dropout_is_off_and_the_mode_comes_back():
    task, model = make(dropout=0.5)
    split = TensorSplit(torch.randn(3, 5, 2), torch.randn(3, 5, 1))
    loader = TensorLoader(split, 3, shuffle=False, seed=0)
    first = evaluate(model, task, loader, device=CPU)
    assert evaluate(model, task, loader, device=CPU) == first
    assert model.training


def test_stream_state_is_carried():
    task, model = make()
    x, y = torch.randn(12, 2), torch.randn(12, 1)
    found = [
        evaluate(model, task, StreamLoader(StreamSplit(x, y), 1, steps=steps), device=CPU)["loss"]
        for steps in (12, 5, 1)
    ]
    assert max(found) - min(found) < 1e-6


def test_max_batches():
    task, model = make()
    split = TensorSplit(torch.randn(6, 5, 2), torch.randn(6, 5, 1))
    head = TensorSplit(split.input[:2], split.target[:2])
    limited = evaluate(
        model, task, TensorLoader(split, 2, shuffle=False, seed=0), device=CPU, max_batches=1
    )
    whole = evaluate(model, task, TensorLoader(head, 2, shuffle=False, seed=0), device=CPU)
    assert limited == whole


def test_double_precision_model():
    task, model = make()
    split = TensorSplit(torch.randn(3, 5, 2), torch.randn(3, 5, 1))
    loader = TensorLoader(split, 3, shuffle=False, seed=0)
    assert evaluate(model.double(), task, loader, device=CPU)["loss"] > 0
