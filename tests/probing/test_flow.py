"""Flows against closed forms of linear recurrences, and against hand-made curves."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.cells import GRU, LSTM, RNN
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.errors import ConfigError
from rnnlab.models.recurrent_backbone import RecurrentBackbone
from rnnlab.models.window_mlp import WindowMLP
from rnnlab.probing.flow import (
    flow_of,
    flow_points,
    measure_flow,
    root_mean_squares,
    row_norms,
)
from rnnlab.tasks.many_to_one import ManyToOne
from rnnlab.tasks.synced_many_to_many import SyncedManyToMany

REALS = Field("reals", 3, sequence=True, name="x")
ONE = DataSpec(REALS, Field("reals", 2, sequence=False, name="y"))
EACH = DataSpec(REALS, Field("reals", 2, sequence=True, name="y"), aligned=True)


def model_of(cell, spec=ONE, **options):
    task = ManyToOne() if spec is ONE else SyncedManyToMany()
    torch.manual_seed(0)
    model = task.build_model(
        spec, lambda size, causal=False: RecurrentBackbone(size, cell, **options)
    )
    return task, model.double()


def batch_of(B, T, spec=ONE, lengths=None):
    generator = torch.Generator().manual_seed(1)
    target = (B, 2) if spec is ONE else (B, T, 2)
    return Batch(
        torch.randn(B, T, 3, generator=generator, dtype=torch.float64),
        torch.randn(target, generator=generator, dtype=torch.float64),
        lengths=None if lengths is None else torch.tensor(lengths),
    )


class Linear(RNN):
    """h_t = U h_{t-1} + W x_t."""

    def __init__(self, input_size, matrix):
        super().__init__(input_size, len(matrix))
        self.double()
        with torch.no_grad():
            self.recurrent.weight.copy_(matrix)

    def step(self, z, state):
        return z + self.recurrent(state)


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.0, 1.2])
def test_the_decay_of_a_linear_recurrence_is_its_eigenvalue(factor):
    """An orthogonal matrix keeps every norm, so that each step multiplies it by the factor."""
    torch.manual_seed(3)
    matrix = factor * torch.linalg.qr(torch.randn(6, 6, dtype=torch.float64)).Q
    task, model = model_of(lambda size: Linear(size, matrix))
    flow = measure_flow(model, task, batch_of(4, 60)).flows["backbone.recurrent.layers.0"]["h"]
    assert flow.decay == pytest.approx(math.log(factor), abs=1e-6)
    assert flow.horizon == (10 if factor == 0.5 else None)  # 2^-10 is the first below 1e-3
    assert flow.verdict == {0.5: "vanishing", 1.2: "exploding"}.get(factor, "healthy")
    for lag, norm in enumerate(flow.curve):
        assert norm == pytest.approx(flow.curve[0] * factor**lag, rel=1e-9)


def test_the_largest_eigenvalue_decides_in_the_long_run():
    matrix = torch.diag(torch.tensor([0.97, 0.5, 0.1], dtype=torch.float64))
    task, model = model_of(lambda size: Linear(size, matrix))
    flow = measure_flow(model, task, batch_of(4, 400)).flows["backbone.recurrent.layers.0"]["h"]
    late = flow_of(flow.curve[200:])
    assert late.decay == pytest.approx(math.log(0.97), abs=1e-6)


def test_norms_are_those_of_each_row_by_itself():
    task, model = model_of(lambda size: LSTM(size, 5), layers=2)
    together = measure_flow(model, task, batch_of(3, 6))
    for b in range(3):
        batch = batch_of(3, 6)
        alone = Batch(batch.input[b : b + 1], batch.target[b : b + 1])
        for layer, by_name in measure_flow(model, task, alone).norms.items():
            for name, norms in by_name.items():
                torch.testing.assert_close(norms[0], together.norms[layer][name][b])


def test_lags_count_from_the_end_of_each_row():
    task, model = model_of(lambda size: GRU(size, 4))
    batch = batch_of(3, 7, lengths=[7, 3, 1])
    measured = measure_flow(model, task, batch)
    norms = measured.norms["backbone.recurrent.layers.0"]["h"]
    curve = measured.flows["backbone.recurrent.layers.0"]["h"].curve
    assert norms[1, 3:].abs().max() == 0
    ends = norms[[0, 1, 2], [6, 2, 0]]
    assert curve[0] == pytest.approx(float(ends.square().mean().sqrt()))
    assert curve[1] == pytest.approx(float(norms[[0, 1], [5, 1]].square().mean().sqrt()))
    assert curve[6] == pytest.approx(float(norms[0, 0]))


def test_both_directions_count_in_their_order_of_reading():
    task, model = model_of(lambda size: GRU(size, 4), EACH, bidirectional=True)
    measured = measure_flow(model, task, batch_of(2, 5, EACH), whose="last")
    ahead = measured.flows["backbone.recurrent.layers.0.forwards"]["h"].curve
    back = measured.flows["backbone.recurrent.layers.0.backwards"]["h"].curve
    assert min(ahead) > 0
    # The value at the last step sees one backward state only, the first that was read.
    assert back[:-1] == (0.0,) * 4
    assert back[-1] > 0


def test_the_loss_of_the_last_step_and_of_all():
    task, model = model_of(lambda size: RNN(size, 4, recurrent_scale=0.1), EACH)
    batch = batch_of(2, 6, EACH, lengths=[6, 4])
    last = measure_flow(model, task, batch, whose="last")
    whole = measure_flow(model, task, batch, whose="whole")
    assert last.loss == pytest.approx(whole.loss)  # the value is the same
    curve = last.flows["backbone.recurrent.layers.0"]["h"].curve
    assert curve[-1] < 1e-3 * curve[0]
    curve = whole.flows["backbone.recurrent.layers.0"]["h"].curve
    assert curve[-1] > 1e-2 * curve[0]


def test_nothing_is_left_behind():
    task, model = model_of(lambda size: LSTM(size, 4), dropout=0.5, layers=2)
    model.train()
    model.head.eval()
    modes = [module.training for module in model.modules()]
    state = torch.get_rng_state()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    batch = batch_of(2, 4)
    with torch.inference_mode():  # as within a validation
        measured = measure_flow(model, task, batch)
    assert measured.flows["backbone.recurrent.layers.1"]["c"].curve[1] > 0
    assert modes == [module.training for module in model.modules()]
    assert torch.equal(state, torch.get_rng_state())
    assert all(p.grad is None for p in model.parameters())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_one_step():
    task, model = model_of(lambda size: LSTM(size, 4))
    flows = measure_flow(model, task, batch_of(1, 1)).flows["backbone.recurrent.layers.0"]
    assert (flows["h"].decay, flows["h"].horizon, flows["h"].verdict) == (None, None, "healthy")
    assert (flows["c"].curve, flows["c"].verdict) == ((0.0,), "none")


def test_refusals():
    task = ManyToOne()
    model = task.build_model(ONE, lambda size, causal=False: WindowMLP(size, window=2)).double()
    with pytest.raises(ConfigError, match="no recurrent layer"):
        measure_flow(model, task, batch_of(2, 4))
    task, model = model_of(lambda size: GRU(size, 4))
    with pytest.raises(ConfigError, match="whose"):
        measure_flow(model, task, batch_of(2, 4), whose="first")
    with pytest.raises(ConfigError, match="kernels do not show"):
        measure_flow(model, task, batch_of(2, 4), engine="fused")


@pytest.mark.parametrize(
    ("curve", "decay", "horizon", "verdict"),
    [
        ([1.0, 0.1, 0.01, 0.001], math.log(0.1), 3, "vanishing"),
        ([0.0, 1.0, 0.1], math.log(0.1), None, "healthy"),
        ([2.0, 0.0, 0.0], None, 1, "vanishing"),
        ([1.0, 40.0, 1600.0], math.log(40), None, "exploding"),
        ([1.0, math.inf], None, None, "exploding"),
        ([math.nan, 1.0], None, None, "exploding"),
        ([0.0, 0.0], None, None, "none"),
        ([], None, None, "none"),
    ],
)
def test_what_a_curve_says(curve, decay, horizon, verdict):
    flow = flow_of(curve)
    assert flow.decay == (None if decay is None else pytest.approx(decay))
    assert (flow.horizon, flow.verdict) == (horizon, verdict)


@given(st.lists(st.floats(0, 1e3), min_size=1, max_size=5), st.data())
def test_it_is_a_root_mean_square(values, data):
    T = len(values)
    lengths = data.draw(st.lists(st.integers(0, T), min_size=1, max_size=3))
    norms = torch.tensor([values] * len(lengths), dtype=torch.float64)
    found = root_mean_squares(norms, torch.tensor(lengths)).tolist()
    assert len(found) == max(lengths)
    for lag, value in enumerate(found):
        squares = [values[n - 1 - lag] ** 2 for n in lengths if n > lag]
        assert value == pytest.approx(math.sqrt(sum(squares) / len(squares)))


def test_norms_of_what_float32_cannot_square():
    tiny = torch.full((1, 2, 3), 1e-30)
    assert row_norms(tiny)[0].tolist() == pytest.approx([1e-30 * math.sqrt(3)] * 2, rel=1e-6)
    waves = torch.full((1, 1, 2), 3 + 4j)
    assert row_norms(waves).item() == pytest.approx(5 * math.sqrt(2))


def test_points():
    flows = {"rnn": {"h": flow_of([1.0, 0.5]), "c": flow_of([0.0, 0.0])},
             "top": {"h": flow_of([1.0, 1e-4])}}  # fmt: skip
    assert flow_points(flows) == {
        "gradient_flow/rnn/h/decay": pytest.approx(math.log(0.5)),
        "gradient_flow/rnn/h/horizon": 2.0,
        "gradient_flow/rnn/h/verdict": 0.0,
        "gradient_flow/top/h/decay": pytest.approx(math.log(1e-4)),
        "gradient_flow/top/h/horizon": 1.0,
        "gradient_flow/top/h/verdict": -1.0,
    }


def test_memory_is_linear_in_the_number_of_steps():
    task, model = model_of(lambda size: LSTM(size, 8))

    def saved(steps):
        sizes = []

        def keep(tensor):
            sizes.append(tensor.numel())
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            measure_flow(model, task, batch_of(2, steps))
        return sum(sizes)

    first, second, third = (saved(steps) for steps in (20, 40, 60))
    assert third - second == pytest.approx(second - first, rel=0.05)
    assert second < 2.1 * first
