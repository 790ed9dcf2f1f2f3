import torch
from torch import nn

from rnnlab.cells import GRU, LSTM
from rnnlab.recurrence import Bidirectional, Layer, Recurrent, Stack, engines_used


def layers() -> list[Layer]:
    def both() -> Layer:
        return Bidirectional(
            Recurrent(GRU(3, hidden_size=2)), Recurrent(GRU(3, hidden_size=2), reverse=True)
        )

    return [
        Recurrent(LSTM(3, hidden_size=4)),
        both(),
        Stack([both(), Recurrent(LSTM(4, hidden_size=4))]),
    ]


def test_every_layer_says_its_sizes_and_whether_it_looks_ahead() -> None:
    x = torch.randn(2, 5, 3)
    for layer in layers():
        output, _ = layer(x)
        assert output.shape == (2, 5, layer.output_size)
        assert layer.input_size == 3
        changed, _ = layer(torch.cat([x[:, :4], x[:, 4:] + 1], dim=1))
        assert torch.equal(output[:, :4], changed[:, :4]) == layer.causal


def test_engines_are_named_by_path_and_only_after_they_ran() -> None:
    model = nn.ModuleDict({"encoder": layers()[0], "idle": layers()[0]})
    assert engines_used(model) == {}
    model["encoder"](torch.randn(2, 5, 3))
    assert list(engines_used(model)) == ["encoder"]
    layer = layers()[0]
    layer(torch.randn(2, 5, 3))
    assert list(layer.engines()) == ["recurrent"]
