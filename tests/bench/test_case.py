from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from rnnlab.bench.case import make_case
from rnnlab.bench.size import Size
from rnnlab.cells import LSTM, RNN, Jordan
from rnnlab.errors import ConfigError

SIZE = Size(2, 3, 5)


def test_everything_has_the_size_and_the_seed_decides_the_rest() -> None:
    case, again, other = (make_case("lstm", SIZE, seed=seed) for seed in (1, 1, 2))
    assert isinstance(case.cell, LSTM)
    assert (case.cell.input_size, case.cell.output_size) == (5, 5)
    assert case.x.shape == case.cotangent.shape == (2, 3, 5)
    assert case.x.requires_grad
    weights = [each.cell.recurrent.weight for each in (case, again, other)]
    assert torch.equal(case.x, again.x)
    assert torch.equal(case.cotangent, again.cotangent)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_a_variant_from_the_configs_is_a_cell() -> None:
    cell = make_case("irnn", SIZE).cell
    assert isinstance(cell, RNN)
    assert (cell.nonlinearity, cell.output_size) == ("relu", 5)


def test_the_output_has_the_size_too_where_the_cell_takes_it() -> None:
    cell = make_case("jordan", SIZE).cell
    assert isinstance(cell, Jordan)
    assert (cell.output_size, cell.input.out_features) == (5, 5)


def test_what_is_given_counts() -> None:
    case = make_case("jordan", SIZE, ["output_size=7", "output_nonlinearity=tanh"])
    assert isinstance(case.cell, Jordan)
    assert (case.cell.output_size, case.cell.input.out_features) == (7, 5)
    assert case.cell.output_nonlinearity == "tanh"
    assert case.cotangent.shape == (2, 3, 7)


@pytest.mark.parametrize(
    ("name", "arguments", "line"),
    [
        ("lstmm", [], "--cell=lstmm: is not an option; did you mean lstm?"),
        ("rnn", ["nonlinearity=cubic"], "--arg=nonlinearity=cubic: must be one of tanh, relu"),
        ("gru", ["nonlinearity=relu"], "--arg=nonlinearity: is not a key of cell"),
        ("gru", ["hidden_size=0"], "--arg=hidden_size=0: must be >= 1"),
    ],
)
def test_a_mistake_names_the_option(name: str, arguments: list[str], line: str) -> None:
    with pytest.raises(ConfigError) as raised:
        make_case(name, SIZE, arguments)
    assert str(raised.value).startswith(line)


def test_an_argument_that_nobody_can_guess_is_asked_for(install: Callable[..., Path]) -> None:
    source = (
        "from torch import Tensor\nfrom rnnlab.cells.base import Cell\n"
        "class Needy(Cell[Tensor]):\n"
        "    def __init__(self, input_size: int, words: str) -> None: ...\n"
    )
    install("rnnlab-needy", {"cell": {"needy": "needy:Needy"}}, {"needy.py": source})
    with pytest.raises(ConfigError, match="--arg=words: needy needs a text: --arg words=…"):
        make_case("needy", SIZE)
