"""Each cell against the package's own layer: same weights, same output, same gradients."""

import pytest
import torch
import torchrecurrent
from torch import nn

from rnnlab.recurrence import Bidirectional, Recurrent, Stack
from rnnlab_torchrecurrent import cells
from rnnlab_torchrecurrent.adapted import Adapted

CELLS = sorted(Adapted.__subclasses__(), key=lambda cell: cell.__name__)
B, T, F, H = 3, 6, 5, 4

each = pytest.mark.parametrize("kind", CELLS, ids=lambda kind: kind.__name__)


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def make(kind, input_size=F):
    # The package's layer of this one takes only inputs of the size of its state.
    cell = kind(H if kind is cells.IntersectionRNN else input_size, hidden_size=H).double()
    for parameter in cell.parameters():
        # Biases start as zero, where a mistake would not show.
        nn.init.uniform_(parameter, -0.9, 0.9)
    return cell


def home(*layers, **arguments):
    kind = getattr(torchrecurrent, layers[0].source.__name__.removesuffix("Cell"))
    layer = kind(
        layers[0].input_size, H, num_layers=len(layers), batch_first=True, **arguments
    ).double()
    for theirs, ours in zip(layer.cells, layers, strict=True):
        theirs.load_state_dict(ours.cell.state_dict())
    return layer


def close(a, b):
    torch.testing.assert_close(a, b, rtol=0, atol=1e-10)


def compare(ours, theirs, layer, cells, x):
    for other, mine in zip(layer.cells, cells, strict=True):
        other.zero_grad()
        mine.zero_grad()
    weights = torch.randn(B, T, H, dtype=torch.float64)
    gradients = []
    for output in (ours, theirs):
        x.grad = None
        (output * weights).sum().backward()
        gradients.append(x.grad)
    close(ours, theirs)
    close(*gradients)
    for other, mine in zip(layer.cells, cells, strict=True):
        for (name, a), b in zip(mine.cell.named_parameters(), other.parameters(), strict=True):
            assert b.grad is not None, name
            close(a.grad, b.grad)


def inputs(size):
    return torch.randn(B, T, size, dtype=torch.float64, requires_grad=True)


@each
@pytest.mark.parametrize("engine", ["auto", "loop"])
def test_output_and_gradients_are_those_of_the_packages_layer(kind, engine):
    cell = make(kind)
    layer, x = home(cell), inputs(cell.input_size)
    compare(Recurrent(cell, engine)(x)[0], layer(x)[0], layer, [cell], x)


@each
def test_two_layers_are_the_packages_two_layers(kind):
    stack = [make(kind), make(kind, H)]
    layer, x = home(*stack), inputs(stack[0].input_size)
    compare(Stack([Recurrent(cell) for cell in stack])(x)[0], layer(x)[0], layer, stack, x)


@each
def test_both_directions_with_lengths_are_the_packages_layer_on_each_row_alone(kind):
    forward, backward = make(kind), make(kind)
    x, lengths = inputs(forward.input_size).detach(), [6, 1, 4]
    both = Bidirectional(Recurrent(forward), Recurrent(backward, reverse=True))
    output, _ = both(x, lengths=torch.tensor(lengths))
    for row, length in enumerate(lengths):
        alone = x[row : row + 1, :length]
        ahead = home(forward)(alone)[0]
        back = home(backward)(alone.flip(1))[0].flip(1)
        close(output[row : row + 1, :length], torch.cat([ahead, back], -1))
        assert not output[row, length:].any()


@each
def test_a_passed_state_goes_on_where_the_layer_would(kind):
    if kind is cells.TauGRU:
        pytest.skip("the package's layer forgets the delayed states between calls")
    cell = make(kind)
    layer, x = home(cell), inputs(cell.input_size)
    recurrent = Recurrent(cell)
    _, state = recurrent(x[:, :3])
    _, theirs = layer(x[:, :3])
    close(recurrent(x[:, 3:], state)[0], layer(x[:, 3:], theirs)[0])


@pytest.mark.parametrize("delay", [1, 2, 4, 9])
def test_the_delay_is_the_layers(delay):
    cell = cells.TauGRU(F, hidden_size=H, delay=delay).double()
    x = inputs(F)
    close(Recurrent(cell)(x)[0], home(cell, delay=delay)(x)[0])


def test_a_state_and_its_earlier_ones_go_on_after_a_break():
    cell = cells.TauGRU(F, hidden_size=H, delay=3).double()
    x, recurrent = inputs(F), Recurrent(cell)
    output, state = recurrent(x[:, :2])
    close(torch.cat([output, recurrent(x[:, 2:], state)[0]], 1), recurrent(x)[0])


def test_an_input_of_another_size_is_brought_to_that_of_the_intersection_rnn():
    cell = cells.IntersectionRNN(F, hidden_size=H).double()
    same = cells.IntersectionRNN(H, hidden_size=H).double()
    same.cell.load_state_dict(cell.cell.state_dict())
    x = inputs(F)
    close(Recurrent(cell)(x)[0], Recurrent(same)(cell.embed(x))[0])


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (cells.MGU, {"nonlinearity": "elu", "gate_nonlinearity": "hard_sigmoid"}),
        (cells.LEM, {"dt": 0.3, "cell_bias": False}),
        (cells.UnICORNN, {"recurrent_bias": True, "alpha": 0.5, "dt": 0.2}),
        (cells.AntisymmetricRNN, {"epsilon": 0.1, "gamma": 0.2, "bias": False}),
        (cells.MiRU2, {"update_coefficient": 0.2, "reset_coefficient": 0.9}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_arguments_reach_the_package(kind, arguments):
    cell = kind(F, hidden_size=H, **arguments).double()
    x = inputs(F)
    close(Recurrent(cell)(x)[0], home(cell, **arguments)(x)[0])


@each
def test_initial_weights_are_the_packages(kind):
    torch.manual_seed(3)
    ours = kind(H, hidden_size=H)
    torch.manual_seed(3)
    theirs = ours.source(H, H)
    for name, value in theirs.state_dict().items():
        assert torch.equal(ours.cell.state_dict()[name], value), name
