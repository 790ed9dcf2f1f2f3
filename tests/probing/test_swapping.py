from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from rnnlab.cells import GRU, AffineCell
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.errors import ConfigError
from rnnlab.models.model import Model
from rnnlab.models.output import Output
from rnnlab.models.sequence_model import SequenceModel
from rnnlab.models.window_mlp import WindowMLP
from rnnlab.probing.swapping import swap_probe
from rnnlab.tasks.base import Task
from rnnlab.tasks.many_to_many import ManyToMany
from rnnlab.tasks.many_to_one import ManyToOne
from rnnlab.tasks.one_to_many import OneToMany
from rnnlab.tasks.synced_many_to_many import SyncedManyToMany
from rnnlab.testing.global_random import watched
from rnnlab.testing.tasks.backbones import gru, recurrent
from rnnlab.testing.tasks.tiny_data import Case, cases

TASKS: dict[str, Task] = {
    "many_to_one": ManyToOne(embedding_size=3, dropout=0.5),
    "synced_many_to_many": SyncedManyToMany(embedding_size=3),
    "many_to_many": ManyToMany(embedding_size=3, scheduled_sampling=1.0, max_length=4),
}
CASES = [
    case
    for case in cases()
    if case.spec.mapping in TASKS and TASKS[case.spec.mapping].refusal(case.spec) is None
]
SERIES, VALUE, CLASS = Field("reals", 1, True), Field("reals", 1, False), Field("tokens", 3, False)
TAGS = Field("tokens", 3, True)


class Linear(AffineCell):
    """h_t = h_{t-1} / 2 + x_t."""

    def __init__(self, input_size: int) -> None:
        super().__init__()
        self.input_size = self.output_size = input_size
        self.weight = nn.Buffer(torch.tensor(0.5))

    def init_state(self, batch_size: int) -> Tensor:
        return self.weight.new_zeros(batch_size, self.output_size)

    def coefficients(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return self.weight.expand_as(z), z


def linear() -> SequenceModel:
    model = SequenceModel(DataSpec(SERIES, VALUE), recurrent(Linear)).double()
    with torch.no_grad():
        model.head.weight.fill_(1.0)
    return model


def window(spec: DataSpec, size: int, readout: Any = "last") -> SequenceModel:
    def make(input_size: int, *, causal: bool = False) -> WindowMLP:
        return WindowMLP(input_size, window=size, hidden_size=8)

    return SequenceModel(spec, make, readout=readout)


def test_of_a_linear_recurrence_the_change_is_known() -> None:
    model = linear()
    x = torch.tensor([[1.0, 2, 4], [10, 20, 40]]).double().unsqueeze(2)
    found = swap_probe(model, Batch(x), [0, 1, 2, 3])
    # Two rows have one way to swap. The differences 36, 18 and 9 arrive halved for each step.
    expected = [36.0, 9.0, 2.25]
    assert found.absolute.mean[:3].tolist() == expected
    assert found.distance.mean[:3].tolist() == expected
    assert found.absolute.error[:3].tolist() == [0, 0, 0]
    assert found.rows.tolist() == [2, 2, 2, 0]
    assert found.replaced.tolist() == [2, 2, 2, 0]
    for change in (found.absolute, found.distance):
        assert change.mean[3].isnan()
        assert change.error[3].isnan()
    assert found.variation is None
    assert found.answers is None


def test_lag_is_counted_from_the_end_of_each_row() -> None:
    x = torch.tensor([[1.0, 2, 4, 0], [10, 20, 40, 80], [7, 0, 0, 0]]).double().unsqueeze(2)
    found = swap_probe(linear(), Batch(x, lengths=torch.tensor([3, 4, 1])), [1, 2, 3])
    # At lag 1 stand 2 and 40, at lag 2 stand 1 and 20; the third row is too short for both.
    assert found.absolute.mean[:2].tolist() == [19.0, 4.75]
    assert found.rows.tolist() == [2, 2, 0]


def test_mean_and_standard_error_are_over_the_sequences() -> None:
    torch.manual_seed(3)
    x = torch.randn(6, 1, 1).double()
    found = swap_probe(linear(), Batch(x), [0])
    # Of all cycles through six values one gives these changes.
    order = torch.randperm(6, generator=torch.Generator().manual_seed(0))
    values = x[order, 0, 0]
    changes = [abs(float(values[i - 1] - values[i])) for i in range(6)]
    mean = sum(changes) / 6
    variance = sum((change - mean) ** 2 for change in changes) / 5
    assert float(found.absolute.mean[0]) == pytest.approx(mean, rel=1e-12)
    assert float(found.absolute.error[0]) == pytest.approx(math.sqrt(variance / 6), rel=1e-12)


@pytest.mark.parametrize("aligned", [False, True])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_a_window_does_not_change_with_what_it_cannot_see(size: int, aligned: bool) -> None:
    torch.manual_seed(0)
    spec = DataSpec(SERIES, TAGS if aligned else CLASS, aligned=aligned)
    model = window(spec, size, "every" if aligned else "last")
    lengths = torch.tensor([8, 5, 7, 8, 1])
    batch = Batch(torch.randn(5, 8, 1), lengths=lengths)
    found = swap_probe(model, batch, range(8))
    assert found.variation is not None
    assert found.answers is not None
    for change in (found.absolute, found.distance, found.variation):
        assert (change.mean[:size] > 0).all()
        assert (change.mean[size:] == 0).all()
        assert (change.error[size:] == 0).all()
    assert (found.answers.mean[size:] == 0).all()


def test_both_directions_of_tags_see_only_their_past_at_the_last_step_backwards() -> None:
    torch.manual_seed(0)
    spec = DataSpec(SERIES, TAGS, aligned=True)
    model = SequenceModel(spec, gru(bidirectional=True), readout="every")
    with torch.no_grad():
        model.head.weight[:, :6] = 0  # the head sees the backward direction alone
    batch = Batch(torch.randn(4, 6, 1), lengths=torch.tensor([6, 5, 6, 4]))
    found = swap_probe(model, batch, range(6))
    assert found.absolute.mean[0] > 0
    assert (found.absolute.mean[1:] == 0).all()


def test_classes_change_by_the_distance_of_their_distributions() -> None:
    class Table(Model):
        """Answers with the logits that its last token stands for."""

        spec = DataSpec(Field("tokens", 2, True), CLASS)
        table = torch.tensor([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]]).double().log()

        def forward(self, batch: Batch, state: Any = None) -> Output:
            return Output(self.table[batch.input[:, -1]])

    found = swap_probe(Table(), Batch(torch.tensor([[0, 0], [0, 1]])), [0, 1])
    assert found.variation is not None
    assert found.answers is not None
    assert found.variation.mean.tolist() == [pytest.approx(0.5), 0]
    assert found.answers.mean.tolist() == [1, 0]
    assert found.replaced.tolist() == [2, 0]
    logits = Table.table[1] - Table.table[0]
    assert float(found.absolute.mean[0]) == pytest.approx(float(logits.abs().mean()))
    assert float(found.distance.mean[0]) == pytest.approx(float(logits.norm()))


def test_a_decoder_s_answers_count_up_to_their_lengths() -> None:
    case = next(case for case in CASES if case.spec.mapping == "many_to_many")
    torch.manual_seed(0)
    model = TASKS["many_to_many"].build_model(case.spec, gru()).double().eval()
    x = torch.randn(2, 3, 3).double()
    lengths = torch.tensor([2, 3])
    batch = Batch(x, case.batch.target[:2], target_lengths=lengths)  # type: ignore[index]
    found = swap_probe(model, batch, [1])
    swapped = x.clone()
    swapped[:, 1] = x.flip(0)[:, 1]
    with torch.no_grad():
        old = model(batch).values
        new = model(Batch(swapped, batch.target, target_lengths=lengths)).values
    absolute, distance, variation = [], [], []
    for b, length in enumerate([2, 3]):
        difference = (new - old)[b, :length]
        absolute.append(difference.abs().mean())
        distance.append(difference.norm())
        total = (new.softmax(-1) - old.softmax(-1))[b, :length].abs().sum(-1) / 2
        variation.append(total.mean())
    assert found.variation is not None
    pairs = [(found.absolute, absolute), (found.distance, distance), (found.variation, variation)]
    for change, rows in pairs:
        torch.testing.assert_close(change.mean[0], torch.stack(rows).mean())


@settings(deadline=None, max_examples=40)
@given(data=st.data(), B=st.integers(2, 5), T=st.integers(1, 6), seed=st.integers(0, 9))
def test_no_row_keeps_its_input_and_none_is_lost(
    data: st.DataObject, B: int, T: int, seed: int
) -> None:
    lengths = data.draw(st.lists(st.integers(0, T), min_size=B, max_size=B))
    seen: list[Tensor] = []

    class Watching(Model):
        spec = DataSpec(SERIES, VALUE)

        def forward(self, batch: Batch, state: Any = None) -> Output:
            seen.append(batch.input.clone())
            return Output(batch.input.sum((1, 2)).unsqueeze(1))

    x = torch.arange(1.0, B * T + 1).reshape(B, T, 1)
    batch = Batch(x, lengths=torch.tensor(lengths))
    if sum(length > 0 for length in lengths) < 2:
        with pytest.raises(ConfigError):
            swap_probe(Watching(), batch)
        return
    for lag in range(T + 1):
        seen.clear()
        found = swap_probe(Watching(), batch, [lag], seed=seed)
        reach = [b for b, length in enumerate(lengths) if length > lag]
        measured = reach if len(reach) > 1 else []
        assert found.rows.tolist() == [len(measured)]
        if not measured:
            continue
        assert torch.equal(seen[0], x)
        moved = [(b, lengths[b] - 1 - lag) for b in measured]
        assert sorted(seen[1][at] for at in moved) == sorted(x[at] for at in moved)
        assert all(seen[1][at] != x[at] for at in moved)
        assert int((seen[1] != x).sum()) == len(measured)
        assert torch.equal(batch.input, torch.arange(1.0, B * T + 1).reshape(B, T, 1))


@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_model_is_probed_and_left_as_it_was(case: Case, bidirectional: bool) -> None:
    if bidirectional and case.spec.next_step:
        pytest.skip("a backbone of both directions would read the answer")
    torch.manual_seed(0)
    task = TASKS[case.spec.mapping]
    model = task.build_model(case.spec, gru(bidirectional=bidirectional)).train()
    next(iter(model.children())).eval()
    model(case.batch)
    modes = {name: module.training for name, module in model.named_modules()}
    engines = model.engines()
    values = {name: value.clone() for name, value in model.state_dict().items()}
    used: list[str] = []
    with watched(used):
        found = swap_probe(model, case.batch)
        again = swap_probe(model, case.batch)
    assert used == []
    assert found.lags == (0, 1, 2, 4)
    torch.testing.assert_close(
        found.absolute.mean, again.absolute.mean, rtol=0, atol=0, equal_nan=True
    )
    assert found.absolute.mean[0] > 0
    assert {name: module.training for name, module in model.named_modules()} == modes
    assert model.engines() == engines
    assert all(torch.equal(value, values[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_another_seed_is_another_swap_and_other_lags_change_nothing() -> None:
    torch.manual_seed(0)
    model = SequenceModel(DataSpec(SERIES, VALUE), recurrent(lambda size: GRU(size, 4)))
    batch = Batch(torch.randn(8, 5, 1))
    first, other = swap_probe(model, batch, [2]), swap_probe(model, batch, [2], seed=1)
    assert first.absolute.mean != other.absolute.mean
    assert swap_probe(model, batch, [4, 0, 2]).absolute.mean[2] == first.absolute.mean[0]


@pytest.mark.parametrize(
    ("batch", "lags", "reason"),
    [
        (Batch(torch.zeros(1, 3, 1)), None, "the batch has only one"),
        (Batch(torch.zeros(2, 3, 1), lengths=torch.tensor([3, 0])), None, "has only one"),
        (Batch(torch.zeros(2, 0, 1)), None, "no sequence of the batch has a step"),
        (Batch(torch.zeros(0, 3, 1)), None, "no sequence of the batch has a step"),
        (Batch(torch.zeros(2, 3, 1)), [1, -1], "lag=-1: must be >= 0"),
        (Batch(torch.zeros(2, 3, 1)), [], r"lags=\[\]: at least one lag"),
    ],
)
def test_what_cannot_be_swapped_is_refused(
    batch: Batch, lags: list[int] | None, reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        swap_probe(linear(), batch, lags)


def test_an_input_without_time_is_refused() -> None:
    case = next(case for case in cases() if case.spec.mapping == "one_to_many")
    model = OneToMany(max_length=4).build_model(case.spec, gru())
    with pytest.raises(ConfigError, match="without a time axis"):
        swap_probe(model, case.batch)
