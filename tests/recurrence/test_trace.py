from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rnnlab.cells import GRU, LSTM, RNN, Cell
from rnnlab.errors import ConfigError
from rnnlab.recurrence import Recurrent, Stack, tree
from rnnlab.recurrence.trace import adjoints, state_names, traced


def test_values_are_those_of_any_other_run(make_cell):
    network = Stack([Recurrent(make_cell(3)), Recurrent(make_cell(4), reverse=True)]).double()
    x, lengths = torch.randn(3, 7, 3).double(), torch.tensor([7, 0, 4])
    reset = torch.rand(3, 7) < 0.3
    for masks in ({}, {"lengths": lengths}, {"reset": reset}, {"lengths": lengths, "reset": reset}):
        expected, state = network(x, **masks)
        with traced(network):
            output, after = network(x, **masks)
        torch.testing.assert_close(output, expected)
        for a, b in zip(tree.leaves(after), tree.leaves(state), strict=True):
            torch.testing.assert_close(a, b)


def test_layers_stay_as_they_were(make_cell):
    layer = Recurrent(make_cell(3)).train()
    layer(torch.randn(2, 5, 3))
    choice, preferred = layer.choice, layer.preferred
    before = [p.grad for p in layer.parameters()]
    with traced(layer) as traces:
        output, _ = layer(torch.randn(2, 5, 3))
        adjoints(output.sum(), traces)
    assert (layer.choice, layer.preferred, layer.tracer) == (choice, preferred, None)
    assert [p.grad for p in layer.parameters()] == before == [None] * len(before)


def test_they_stay_so_when_the_block_fails():
    layer = Recurrent(GRU(3, 4))
    with pytest.raises(ValueError, match="x must be"), traced(layer):
        layer(torch.randn(2, 5, 9))
    assert layer.tracer is None


def test_the_states_are_those_that_were_read(make_cell):
    cell = make_cell(3)
    layer = Recurrent(cell, reverse=True)
    lengths = torch.tensor([5, 2])
    with torch.no_grad(), traced(layer) as traces:
        output, _ = layer(torch.randn(2, 5, 3), lengths=lengths)
    trace = traces["recurrent"]
    read = cell.readout(trace.states, trace.z)
    # In the order of reading: the first step of a row is its last valid one.
    torch.testing.assert_close(read[0], output[0].flip(0))
    torch.testing.assert_close(read[1, :2], output[1, :2].flip(0))
    assert trace.reverse
    assert trace.steps == 5
    assert trace.valid_lengths().tolist() == [5, 2]


def test_nothing_comes_back_over_a_cut():
    """Truncated backpropagation: the loss of a later chunk knows nothing of the one before."""
    layer = Recurrent(LSTM(3, 4)).double()
    x = torch.randn(2, 8, 3).double()
    with traced(layer) as traces:
        first, state = layer(x[:, :4])
        second, _ = layer(x[:, 4:], tree.detach(state))
        cut = adjoints(second.sum(), traces, retain_graph=True)
        own = adjoints(first.sum(), traces)
    assert list(cut) == ["recurrent", "recurrent (2)"]
    assert all(torch.equal(g, torch.zeros_like(g)) for g in cut["recurrent"].values())
    assert cut["recurrent (2)"]["h"].abs().min() > 0
    assert own["recurrent"]["h"].abs().min() > 0
    with traced(layer) as traces:
        first, state = layer(x[:, :4])
        second, _ = layer(x[:, 4:], state)  # not cut: it does come back
        whole = adjoints(second.sum(), traces)
    assert whole["recurrent"]["h"].abs().min() > 0


def test_nothing_comes_back_over_a_reset():
    layer = Recurrent(GRU(3, 4)).double()
    reset = torch.zeros(1, 6, dtype=torch.bool)
    reset[0, 4] = True
    with traced(layer) as traces:
        output, _ = layer(torch.randn(1, 6, 3).double(), reset=reset)
        found = adjoints(output[:, -1].sum(), traces)["recurrent"]["h"]
    assert found[0, :4].abs().max() == 0
    assert found[0, 4:].abs().min() > 0


def test_the_memory_of_an_lstm_at_the_last_step():
    """By the definition it excludes the path through h of the same step: nothing is left."""
    layer = Recurrent(LSTM(3, 4))
    with traced(layer) as traces:
        output, _ = layer(torch.randn(2, 5, 3))
        found = adjoints(output.sum(), traces)["recurrent"]
    assert found["c"][:, -1].abs().max() == 0
    assert found["c"][:, :-1].abs().max() > 0
    torch.testing.assert_close(found["h"][:, -1], torch.ones(2, 4))


def test_a_loss_that_depends_on_no_state():
    layer = Recurrent(GRU(3, 4))
    with traced(layer) as traces:
        layer(torch.randn(2, 5, 3))
    found = adjoints(torch.zeros(()), traces)["recurrent"]["h"]
    assert torch.equal(found, torch.zeros(2, 5, 4))


class Counting(Cell[dict[str, Tensor]]):
    """Has a state with a number of steps in it, which is no real number."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, hidden_size
        self.rnn = RNN(input_size, hidden_size)

    def init_state(self, batch_size):
        return {"seen": torch.zeros(batch_size, dtype=torch.int64),
                "memory": self.rnn.init_state(batch_size)}  # fmt: skip

    def project(self, x):
        return self.rnn.project(x)

    def step(self, z, state):
        return {"seen": state["seen"] + 1, "memory": self.rnn.step(z, state["memory"])}

    def readout(self, state, z):
        return state["memory"]


def test_a_state_that_is_not_all_real():
    layer = Recurrent(Counting(3, 4))
    with traced(layer) as traces:
        output, _ = layer(torch.randn(2, 5, 3), lengths=torch.tensor([5, 2]))
        found = adjoints(output.sum(), traces)["recurrent"]
    assert list(found) == ["memory"]
    assert traces["recurrent"].states["seen"][:, -1].tolist() == [5, 2]


@pytest.mark.parametrize(
    ("cell", "state", "names"),
    [
        (GRU(2, 2), torch.zeros(1, 2), ("h",)),
        (LSTM(2, 2), (torch.zeros(1, 2), torch.zeros(1, 2)), ("h", "c")),
        (Counting(2, 2), {"a": torch.zeros(1), "b": [torch.zeros(1)] * 2}, ("a", "b.0", "b.1")),
        (GRU(2, 2), (torch.zeros(1), torch.zeros(1)), ("s0", "s1")),
        (GRU(2, 2), (), ()),
    ],
)
def test_names_of_states(cell, state, names):
    assert state_names(cell, state) == names


def test_refusals():
    with pytest.raises(ConfigError, match="no recurrent layer"), traced(torch.nn.Linear(2, 2)):
        pass
    layer = Recurrent(GRU(3, 4))
    for engine, why in {
        "fused": "torch's kernels do not show the states between the steps",
        "compiled": "a compiled chunk of steps does not show the states between them",
        "scan": "GRU is not affine",
        "lop": "no such engine; valid: loop; did you mean loop",
    }.items():
        with pytest.raises(ConfigError) as caught, traced(layer, engine):
            pass
        assert why.split(";")[0] in str(caught.value)
        assert "valid: loop" in str(caught.value)
    assert layer.tracer is None
