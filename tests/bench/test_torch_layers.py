from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from rnnlab.bench.case import Case, make_case
from rnnlab.bench.size import Size
from rnnlab.bench.torch_layers import TorchLayer, engine, torch_module
from rnnlab.cells import LSTM, Jordan

SIZE = Size(2, 4, 3)


@pytest.mark.parametrize("name", ["lstm", "gru", "rnn"])
def test_torchs_module_computes_what_the_loop_does(name: str) -> None:
    case = make_case(name, SIZE)
    module = torch_module(case.cell)
    assert module is not None
    beside = TorchLayer("nn", module, case).results()
    for found, expected in zip(engine("loop", case).results(), beside, strict=True):
        torch.testing.assert_close(torch.from_numpy(found), torch.from_numpy(expected))


def test_the_gradients_are_those_of_the_cotangent() -> None:
    case = make_case("gru", SIZE)
    _, gradients = engine("loop", case).forward_backward()
    output, _ = case.cell.to_torch()(case.x)
    (by_input,) = torch.autograd.grad((output * case.cotangent).sum(), case.x)
    torch.testing.assert_close(gradients[0], by_input)
    assert len(gradients) == 1 + len(list(case.cell.parameters()))
    assert all(gradient is not None for gradient in gradients)


def test_a_forward_pass_alone_makes_no_graph() -> None:
    assert not engine("loop", make_case("lstm", SIZE)).forward().requires_grad


def test_a_weight_that_is_not_used_hurts_nobody() -> None:
    class Idle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unused = nn.Parameter(torch.ones(3))

        def forward(self, x: Tensor) -> tuple[Tensor, None]:
            return 2 * x, None

    case = make_case("lstm", SIZE)
    _, gradients = TorchLayer("idle", Idle(), case).forward_backward()
    torch.testing.assert_close(gradients[0], 2 * case.cotangent)
    assert gradients[1] is None


def test_memory_is_measured_of_forward_and_backward() -> None:
    case = make_case("lstm", Size(4, 20, 8))
    found = engine("loop", case).allocated_bytes()
    assert found is not None
    assert found > 4 * case.x.numel() * 4  # at least z, of four gates


def test_a_cell_without_a_module_of_torchs_has_none() -> None:
    class Changed(LSTM):
        def step(self, z: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
            return state

    assert torch_module(Jordan(3, 3, 3)) is None
    assert torch_module(Changed(3, 3)) is None
    assert isinstance(torch_module(LSTM(3, 3)), nn.LSTM)


def test_the_case_is_left_as_it_was() -> None:
    case: Case = make_case("lstm", SIZE)
    engine("loop", case).forward_backward()
    assert case.x.grad is None
    assert all(weight.grad is None for weight in case.cell.parameters())
