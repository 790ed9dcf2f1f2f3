from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rnnlab.cells import GRU, LSTM, Jordan
from rnnlab.errors import ConfigError
from rnnlab.recurrence.engines import ENGINES, Choice, check_engine, choose

X, RESET = torch.zeros(2, 3, 3), torch.zeros(2, 3, dtype=torch.bool)


def test_auto_takes_the_kernel_where_there_is_one() -> None:
    assert choose("auto", LSTM(3, 4), X, None, None) == Choice(
        "fused", "torch has a kernel for this cell"
    )


def test_auto_falls_back_and_says_why() -> None:
    assert choose("auto", Jordan(3, 4, 4), X, None, None) == Choice(
        "loop", "Jordan has no fused kernel; Jordan is not affine"
    )
    assert choose("auto", LSTM(3, 4), X, None, RESET) == Choice(
        "loop", "a fused kernel cannot apply the reset mask; LSTM is not affine"
    )


@pytest.mark.parametrize("name", ["fused", "loop"])
def test_a_named_engine_is_taken(name: str) -> None:
    assert choose(name, GRU(3, 4), X, None, None) == Choice(name, "asked for")


def test_a_named_engine_that_cannot_is_an_error() -> None:
    with pytest.raises(ConfigError, match="engine=fused: a fused kernel cannot apply the reset"):
        choose("fused", LSTM(3, 4), X, None, RESET)
    with pytest.raises(
        ConfigError, match=r"engine=fused: Jordan has no .*; valid: auto, compiled, loop"
    ):
        check_engine("fused", Jordan(3, 4, 4))
    with pytest.raises(ConfigError, match="engine=lop: no such engine; did you mean loop"):
        check_engine("lop", LSTM(3, 4))


def test_loop_is_last_and_refuses_nothing() -> None:
    name, loop = list(ENGINES.items())[-1]
    assert name == "loop"
    assert loop.cell_refusal(Jordan(3, 4, 4)) is None
    assert loop.call_refusal(X, torch.tensor([1, 2]), RESET) is None


class Leaky(LSTM):
    """Changes the step, but inherits the kernel of the old one."""

    def step(self, z: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        h, c = super().step(z, state)
        return h, 0.9 * c


class Renamed(LSTM):
    """Changes nothing that the kernel computes."""


def test_a_kernel_does_not_outlive_the_step_it_computes() -> None:
    choice = choose("auto", Leaky(3, 4), X, None, None)
    assert choice == Choice("loop", "Leaky overrides step() but not fused(); Leaky is not affine")
    assert choose("auto", Renamed(3, 4), X, None, None).name == "fused"
