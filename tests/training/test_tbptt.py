import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.cells import LSTM
from rnnlab.data.batch import Batch
from rnnlab.data.loading import TensorLoader
from rnnlab.data.split import TensorSplit
from rnnlab.recurrence import Recurrent
from rnnlab.training.tbptt import TruncatedLoader, chunks


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 17), st.integers(1, 8), st.data())
def test_chunks_put_together_are_the_batch(steps, size, data):
    lengths = torch.tensor(data.draw(st.lists(st.integers(0, steps), min_size=3, max_size=3)))
    x, y = torch.randn(3, steps, 2), torch.randint(0, 5, (3, steps))
    reset = torch.rand(3, steps) < 0.3
    parts = list(chunks(Batch(x, y, lengths, reset=reset), size))
    assert all(part.input.shape[1] <= size for part in parts)
    assert torch.equal(torch.cat([part.input for part in parts], 1), x)
    assert torch.equal(torch.cat([part.target for part in parts], 1), y)
    assert torch.equal(torch.cat([part.reset for part in parts], 1), reset)
    assert torch.equal(sum(part.lengths for part in parts), lengths)
    assert [part.continues for part in parts] == [False] + [True] * (len(parts) - 1)


def test_a_chunk_of_k_steps_has_k_steps_not_k_chunks():
    parts = list(chunks(Batch(torch.zeros(1, 100, 1)), 7))
    assert len(parts) == 15
    assert parts[0].input.shape[1] == 7


def test_loader_passes_the_epoch_on():
    split = TensorSplit(torch.arange(8.0).reshape(4, 2, 1), torch.zeros(4, 2, dtype=torch.long))
    plain = TensorLoader(split, 2, shuffle=True, seed=3)
    cut = TruncatedLoader(TensorLoader(split, 2, shuffle=True, seed=3), 1)
    for epoch in range(4):
        plain.epoch = cut.epoch = epoch
        expected = torch.cat([batch.input[:, 0] for batch in plain])
        found = torch.cat([batch.input[:, 0] for batch in cut if not batch.continues])
        assert torch.equal(found, expected)


@pytest.mark.parametrize("size", [1, 3, 5])
def test_gradient_stops_exactly_at_the_boundary_and_the_state_does_not(size):
    torch.manual_seed(0)
    layer = Recurrent(LSTM(2, 4).double(), engine="loop")
    x = torch.randn(1, 11, 2, dtype=torch.double, requires_grad=True)
    whole, _ = layer(x)
    state, outputs = None, []
    for part in chunks(Batch(x), size):
        state = None if state is None else tuple(leaf.detach() for leaf in state)
        output, state = layer(part.input, state)
        outputs.append(output)
    assert torch.allclose(torch.cat(outputs, 1), whole, atol=1e-14, rtol=0)
    last = 10
    torch.cat(outputs, 1)[0, last].sum().backward()
    reached = x.grad[0].abs().sum(-1) > 0
    boundary = last // size * size
    assert reached.tolist() == [t >= boundary for t in range(11)]
