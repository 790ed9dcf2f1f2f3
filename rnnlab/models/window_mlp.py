"""A feed-forward network over a window of inputs: what recurrence is meant to beat."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import torch
from torch import Tensor, nn

from rnnlab.cells.base import Tree
from rnnlab.errors import check_choice
from rnnlab.models.backbone import Backbone
from rnnlab.ranges import Range
from rnnlab.recurrence.sequence import check_sequence, mask_padding

Activation = Literal["relu", "tanh", "gelu"]
_ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU}


class WindowMLP(Backbone):
    """A network over the inputs t-W+1 to t, zero before the first (time-delay network).

    Waibel et al. 1989, doi:10.1109/29.21701, with one window at the input. It remembers the last
    W inputs exactly and nothing before them. State: the last W-1 inputs ``(B, W-1, E)``.

    Args:
        input_size: E, features of one input step.
        window: W, how many inputs it sees; 1 makes it a plain feed-forward network.
        hidden_size: Units of each hidden layer, and of the output.
        layers: How many hidden layers.
        dropout: Probability of dropping each unit of all hidden layers but the last.
        activation: The function of the hidden units: ``relu``, ``tanh``, ``gelu``.

    Raises:
        ConfigError: There is no such ``activation``.
    """

    can_decode = False

    def __init__(
        self,
        input_size: int,
        window: Annotated[int, Range(min=1)] = 5,
        hidden_size: Annotated[int, Range(min=1)] = 128,
        layers: Annotated[int, Range(min=1)] = 1,
        dropout: Annotated[float, Range(min=0, below=1)] = 0.0,
        activation: Activation = "relu",
    ) -> None:
        super().__init__()
        check_choice("activation", activation, get_args(Activation))
        self.window = window
        self.input_size, self.output_size = input_size, hidden_size
        self.input = nn.Linear(window * input_size, hidden_size)
        hidden: list[nn.Module] = [_ACTIVATIONS[activation]()]
        for _ in range(layers - 1):
            hidden += [
                nn.Dropout(dropout),
                nn.Linear(hidden_size, hidden_size),
                _ACTIVATIONS[activation](),
            ]
        self.hidden = nn.Sequential(*hidden)

    def init_state(self, batch_size: int) -> Tensor:
        """Return zeros ``(B, W-1, E)``."""
        return self.input.weight.new_zeros(batch_size, self.window - 1, self.input_size)

    def forward(
        self,
        x: Tensor,
        state: Tree = None,
        lengths: Tensor | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Run all steps at once; see :meth:`rnnlab.recurrence.Layer.forward`."""
        check_sequence(x, self.input_size, lengths, reset)
        before: Tensor = self.init_state(x.shape[0]) if state is None else state
        inputs = torch.cat([before, mask_padding(x, lengths)], dim=1)  # (B, W-1+T, E)
        windows = inputs.unfold(1, self.window, 1).transpose(2, 3)  # (B, T, W, E)
        after = _before_end(inputs, lengths, self.window - 1)
        if reset is not None:
            # A window holds what came after the last reset: inputs of its last step's segment.
            segment = nn.functional.pad(reset.long().cumsum(1), (self.window - 1, 0)).unsqueeze(2)
            of_window = segment.unfold(1, self.window, 1).transpose(2, 3)  # (B, T, W, 1)
            windows = windows.masked_fill(of_window != of_window[:, :, -1:], 0.0)
            of_state = _before_end(segment, lengths, self.window - 1)  # (B, W-1, 1)
            after = after.masked_fill(of_state != of_state[:, -1:], 0.0)
        return mask_padding(self._output(windows), lengths), after

    def step(self, x: Tensor, state: Tree) -> tuple[Tensor, Tensor]:
        """Run one step; see :meth:`rnnlab.recurrence.Layer.step`."""
        window = torch.cat([state, x.unsqueeze(1)], dim=1)  # (B, W, E)
        return self._output(window), window[:, 1:]

    def _output(self, windows: Tensor) -> Tensor:
        output: Tensor = self.hidden(self.input(windows.flatten(-2)))
        return output


def _before_end(inputs: Tensor, lengths: Tensor | None, count: int) -> Tensor:
    """Return the last ``count`` of the first ``count + length`` steps of each row."""
    if lengths is None:
        return inputs[:, inputs.shape[1] - count :]
    steps = lengths.unsqueeze(1) + torch.arange(count, device=inputs.device)  # (B, count)
    return inputs.gather(1, steps.unsqueeze(2).expand(-1, -1, inputs.shape[2]))
