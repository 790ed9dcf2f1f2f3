from __future__ import annotations

import pytest

from rnnlab.capability.sizes import sizes
from rnnlab.cells import LSTM


@pytest.mark.parametrize(("F", "H"), [(3, 5), (64, 64)])
def test_sizes_are_those_of_the_closed_form(F: int, H: int) -> None:
    found = sizes(LSTM(F, H))
    assert (found.input_size, found.output_size) == (F, H)
    assert found.parameters == 4 * H * (F + H + 2)  # torch's two biases
    assert found.parameter_bytes == 4 * found.parameters
    assert (found.state, found.state_bytes) == (2 * H, 8 * H)


def test_frozen_weights_are_not_learnt() -> None:
    cell = LSTM(3, 5)
    cell.input.requires_grad_(False)
    assert sizes(cell).parameters == 4 * 5 * (5 + 1)
    assert sizes(cell.double()).state_bytes == 16 * 5
