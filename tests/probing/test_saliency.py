from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from rnnlab.cells import GRU, LSTM, AffineCell, Cell
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.errors import ConfigError
from rnnlab.models.model import Model
from rnnlab.models.output import Output
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab.models.sequence_model import SequenceModel
from rnnlab.probing.saliency import saliency
from rnnlab.tasks.base import Task
from rnnlab.tasks.many_to_many import ManyToMany
from rnnlab.tasks.many_to_one import ManyToOne
from rnnlab.tasks.one_to_many import OneToMany
from rnnlab.tasks.synced_many_to_many import SyncedManyToMany
from rnnlab.testing.global_random import watched
from rnnlab.testing.tasks.backbones import core_backbones, recurrent
from rnnlab.testing.tasks.tiny_data import Case, cases, to_double

TASKS: dict[str, Task] = {
    "many_to_one": ManyToOne(embedding_size=3),
    "synced_many_to_many": SyncedManyToMany(embedding_size=3),
    "many_to_many": ManyToMany(embedding_size=3, attention="general", max_length=4),
}
CASES = [
    case
    for case in cases()
    if case.spec.mapping in TASKS and TASKS[case.spec.mapping].refusal(case.spec) is None
]
SMALL = [case for case in CASES if case.spec.input.kind != "image"]
SERIES, VALUE = Field("reals", 1, True), Field("reals", 1, False)


class Linear(AffineCell):
    """h_t = w h_{t-1} + x_t, one unit."""

    def __init__(self, input_size: int, w: float) -> None:
        super().__init__()
        self.input_size = self.output_size = input_size
        self.w = nn.Parameter(torch.tensor(w))

    def init_state(self, batch_size: int) -> Tensor:
        return self.w.new_zeros(batch_size, self.output_size)

    def coefficients(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return self.w.expand_as(z), z


def linear_model(w: float, head: float = 1.0) -> SequenceModel:
    backbone = recurrent(lambda size: Linear(size, w))
    model = SequenceModel(DataSpec(SERIES, VALUE), backbone).double()
    with torch.no_grad():
        model.head.weight.fill_(head)
    return model


def build(case: Case, backbone: Any) -> tuple[Task, Model, Batch]:
    torch.manual_seed(0)
    task = TASKS[case.spec.mapping]
    return task, task.build_model(case.spec, backbone).double(), to_double(case.batch)


def lstm(bidirectional: bool = False, layers: int = 2) -> Any:
    return recurrent(
        lambda size: LSTM(size, hidden_size=3), layers=layers, bidirectional=bidirectional
    )


@contextmanager
def embedding_plus(model: Model, t: int, e: int, delta: float) -> Iterator[None]:
    """Shift one feature of one step in all rows, behind the embedding."""

    def shift(module: nn.Module, args: Any, features: Tensor) -> Tensor:
        features = features.clone()
        features[:, t, e] += delta
        return features

    handle = model.embed.register_forward_hook(shift)  # type: ignore[union-attr, operator]
    yield
    handle.remove()


def differences(model: Model, batch: Batch, of: Callable[[Output], Tensor]) -> Tensor:
    """Return by central differences the norm ``(B, T)`` of d ``of``, ``(B, N)``, d features."""
    T, E = batch.input.shape[1], model.embed.output_size  # type: ignore[union-attr]
    squared = torch.zeros(len(batch), T, dtype=torch.float64)
    epsilon = 1e-5
    with torch.no_grad():
        for t, e in product(range(T), range(int(E))):
            ends = []
            for sign in (1, -1):
                with embedding_plus(model, t, e, sign * epsilon):
                    ends.append(of(model(batch)))
            squared[:, t] += ((ends[0] - ends[1]) / (2 * epsilon)).square().sum(1)
    return squared.sqrt()


def last_numbers(case: Case, batch: Batch, output: Output) -> Tensor:
    """Return by plain loops what is answered last, ``(B, N)``, zero where there is nothing."""
    assert output.values is not None
    rows = []
    for b, values in enumerate(output.values):
        if case.spec.aligned:
            length = values.shape[0] if batch.lengths is None else int(batch.lengths[b])
            rows.append(values[length - 1])
        elif case.spec.target.sequence:
            assert batch.target_lengths is not None
            kept = values.clone()
            kept[int(batch.target_lengths[b]) :] = 0
            rows.append(kept.flatten())
        else:
            rows.append(values)
    return torch.stack(rows)


def last_losses(case: Case, batch: Batch, output: Output) -> Tensor:
    """Return the loss of each row's last answer, ``(B, 1)``."""
    assert output.values is not None
    assert batch.target is not None
    rows = []
    for b, (values, target) in enumerate(zip(output.values, batch.target, strict=True)):
        if case.spec.aligned:
            length = values.shape[0] if batch.lengths is None else int(batch.lengths[b])
            values, target = values[length - 1], target[length - 1]
        elif case.spec.target.sequence:
            assert batch.target_lengths is not None
            length = int(batch.target_lengths[b])
            values, target = values[:length], target[:length]
        if target.is_floating_point():
            rows.append((values - target).square().sum())
        else:
            rows.append(F.cross_entropy(values, target, reduction="sum"))
    return torch.stack(rows).unsqueeze(1)


def assert_same_by_lag(found: Tensor, expected: Tensor, batch: Batch) -> None:
    """Compare ``(B, K)`` by lag with ``(B, T)`` by step."""
    for b in range(len(batch)):
        length = expected.shape[1] if batch.lengths is None else int(batch.lengths[b])
        torch.testing.assert_close(
            found[b, :length], expected[b, :length].flip(0), rtol=1e-6, atol=1e-9
        )
        assert found[b, length:].isnan().all()


@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both"])
@pytest.mark.parametrize("case", SMALL, ids=str)
def test_the_norm_is_that_of_finite_differences(case: Case, bidirectional: bool) -> None:
    if bidirectional and case.spec.next_step:
        pytest.skip("a backbone of both directions would read the answer")
    _, model, batch = build(case, lstm(bidirectional, layers=1))
    model.eval()
    expected = differences(model, batch, lambda output: last_numbers(case, batch, output))
    found = saliency(model, batch, directions=100)
    assert found.exact
    assert found.of == "output"
    assert_same_by_lag(found.by_row, expected, batch)


@pytest.mark.parametrize("case", SMALL, ids=str)
def test_the_norm_of_a_loss_is_that_of_finite_differences(case: Case) -> None:
    task, model, batch = build(case, lstm())
    model.eval()
    expected = differences(model, batch, lambda output: last_losses(case, batch, output))
    found = saliency(model, batch, task)
    assert found.of == "loss"
    assert_same_by_lag(found.by_row, expected, batch)


def test_the_target_of_a_row_without_steps_is_not_looked_at() -> None:
    spec = DataSpec(SERIES, Field("tokens", 3, True), aligned=True)
    model = TASKS[spec.mapping].build_model(spec, lstm()).double()
    target = torch.tensor([[0, 1], [77, -5]])  # there are no such classes
    batch = Batch(torch.randn(2, 2, 1).double(), target, torch.tensor([2, 0]))
    found = saliency(model, batch, TASKS[spec.mapping])
    assert found.rows.tolist() == [1, 1]
    assert (found.norms > 0).all()


@pytest.mark.parametrize("w", [0.5, -0.9, 1.0, 1.1])
def test_a_linear_recurrence_has_powers_of_its_weight(w: float) -> None:
    model = linear_model(w, head=-3.0)
    lengths = torch.tensor([7, 1, 0, 4])
    found = saliency(model, Batch(torch.randn(4, 9, 1).double(), lengths=lengths))
    expected = 3.0 * torch.tensor([abs(w) ** k for k in range(7)]).double()
    torch.testing.assert_close(found.norms, expected, rtol=1e-6, atol=0)
    torch.testing.assert_close(found.shares, expected / expected.sum(), rtol=1e-6, atol=0)
    assert found.rows.tolist() == [3, 2, 2, 2, 1, 1, 1]
    assert found.by_row.isfinite().sum(1).tolist() == [7, 1, 0, 4]


@settings(deadline=None, max_examples=25)
@given(data=st.data(), B=st.integers(1, 4), T=st.integers(1, 5), seed=st.integers(0, 99))
def test_norms_are_root_mean_squares_over_the_rows_that_reach(
    data: st.DataObject, B: int, T: int, seed: int
) -> None:
    lengths = data.draw(st.lists(st.integers(0, T), min_size=B, max_size=B))
    torch.manual_seed(seed)
    spec = DataSpec(Field("reals", 2, True), Field("tokens", 3, False))
    model = SequenceModel(spec, recurrent(lambda size: GRU(size, hidden_size=3))).double()
    batch = Batch(torch.randn(B, T, 2).double(), lengths=torch.tensor(lengths))
    if max(lengths) == 0:
        with pytest.raises(ConfigError, match="no sequence of the batch has a step"):
            saliency(model, batch)
        return
    found = saliency(model, batch)
    assert len(found.norms) == max(lengths)
    for k, norm in enumerate(found.norms):
        alone = [
            saliency(model, Batch(batch.input[b : b + 1, :length])).norms[k].square()
            for b, length in enumerate(lengths)
            if length > k
        ]
        assert found.rows[k] == len(alone)
        torch.testing.assert_close(norm, torch.stack(alone).mean().sqrt())


def test_random_directions_estimate_the_exact_norm() -> None:
    torch.manual_seed(0)
    spec = DataSpec(SERIES, Field("tokens", 40, False))
    model = SequenceModel(spec, recurrent(lambda size: GRU(size, hidden_size=6))).double()
    batch = Batch(torch.randn(50, 6, 1).double())
    exact, estimated = saliency(model, batch, directions=40), saliency(model, batch, directions=20)
    assert (exact.exact, estimated.exact) == (True, False)
    # 1,000 directions in all: the relative error of a mean square is below sqrt(2 / 1000) = 4.5%.
    torch.testing.assert_close(estimated.norms, exact.norms, rtol=0.09, atol=0)
    assert not torch.equal(estimated.norms, exact.norms)
    assert torch.equal(saliency(model, batch, directions=20).by_row, estimated.by_row)


def test_nothing_crosses_a_reset() -> None:
    model = linear_model(0.5)
    reset = torch.zeros(1, 6, dtype=torch.bool)
    reset[0, 3] = True
    found = saliency(model, Batch(torch.randn(1, 6, 1).double(), reset=reset))
    assert found.norms.tolist() == pytest.approx([1, 0.5, 0.25, 0, 0, 0])


@pytest.mark.parametrize("backbone", core_backbones().values(), ids=core_backbones().keys())
@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_model_is_measured_and_left_as_it_was(case: Case, backbone: Any) -> None:
    try:
        task, model, batch = build(case, backbone)
    except ConfigError as error:
        pytest.skip(str(error))  # a window cannot decode, both directions would read the answer
    model.train()
    next(iter(model.children())).eval()  # modes may be mixed
    loss = task.loss(model(batch), batch).mean
    loss.backward()
    modes = {name: module.training for name, module in model.named_modules()}
    gradients = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    values = {name: value.clone() for name, value in model.state_dict().items()}
    engines, hooks = model.engines(), [len(m._forward_pre_hooks) for m in model.modules()]
    used: list[str] = []
    with watched(used):
        found = saliency(model, batch, directions=4)
        of_loss = saliency(model, batch, task)
    assert used == []
    for each in (found, of_loss):
        assert each.norms.isfinite().all()
        assert each.norms[0] > 0
    assert {name: module.training for name, module in model.named_modules()} == modes
    for name, p in model.named_parameters():
        assert (p.grad is None) == (name not in gradients)
        assert p.grad is None or torch.equal(p.grad, gradients[name])
    assert all(torch.equal(value, values[name]) for name, value in model.state_dict().items())
    assert model.engines() == engines
    assert [len(m._forward_pre_hooks) for m in model.modules()] == hooks


@pytest.mark.parametrize(("kind", "engine"), [("linear", "scan"), ("lstm", "fused")])
def test_every_engine_gives_the_same(kind: str, engine: str) -> None:
    found = []
    for name in (engine, "loop"):
        torch.manual_seed(0)

        def make(input_size: int, *, causal: bool = False, name: str = name) -> RecurrentBackbone:
            def cell(size: int) -> Cell:
                return Linear(size, 0.7) if kind == "linear" else LSTM(size, hidden_size=4)

            return RecurrentBackbone(input_size, cell, layers=2, engine=name)

        model = SequenceModel(DataSpec(SERIES, Field("tokens", 3, False)), make).double()
        lengths = torch.tensor([6, 2, 4])
        batch = Batch(torch.randn(3, 6, 1).double(), lengths=lengths)
        found.append(saliency(model, batch))
    torch.testing.assert_close(found[0].by_row, found[1].by_row, equal_nan=True)


def test_dropout_is_off() -> None:
    torch.manual_seed(0)
    spec = DataSpec(SERIES, Field("tokens", 3, False))
    model = SequenceModel(spec, lstm(), dropout=0.9)
    model.train()
    batch = Batch(torch.randn(2, 4, 1))
    assert torch.equal(saliency(model, batch).norms, saliency(model, batch).norms)


def test_it_works_in_inference_mode_and_without_gradients() -> None:
    _, model, batch = build(SMALL[1], lstm())
    expected = saliency(model, batch).norms
    with torch.no_grad():
        assert torch.equal(saliency(model, batch).norms, expected)
    with torch.inference_mode():
        made_there = replace(batch, input=batch.input.clone())
        assert torch.equal(saliency(model, made_there).norms, expected)
    model.requires_grad_(False)
    assert torch.equal(saliency(model, batch).norms, expected)


def test_modes_are_restored_after_an_error() -> None:
    _, model, batch = build(SMALL[0], lstm())
    model.train()
    with pytest.raises(ValueError, match="x must be"):
        saliency(model, replace(batch, input=batch.input[..., :2]))
    assert all(module.training for module in model.modules())
    assert all(not module._forward_pre_hooks for module in model.modules())


def test_an_input_without_time_is_refused() -> None:
    case = next(case for case in cases() if case.spec.mapping == "one_to_many")
    model = OneToMany(max_length=4).build_model(case.spec, lstm())
    with pytest.raises(ConfigError, match="without a time axis to look back along"):
        saliency(model, case.batch)


def test_a_model_without_a_backbone_is_refused() -> None:
    class Mean(Model):
        spec = DataSpec(SERIES, VALUE)

        def forward(self, batch: Batch, state: Any = None) -> Output:
            return Output(batch.input.mean(1))

    with pytest.raises(ValueError, match="Mean calls no backbone"):
        saliency(Mean(), Batch(torch.randn(2, 3, 1)))
