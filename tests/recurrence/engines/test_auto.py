from __future__ import annotations

import pytest
import torch

from rnnlab.cells import GRU, LSTM, RNN, Jordan
from rnnlab.recurrence.engines.auto import (
    COMPILING,
    COSTS,
    MEASURED,
    fastest,
    training_seconds,
)
from rnnlab.recurrence.engines.choice import Choice

CPU = torch.device("cpu")
ABLE = {"fused": "a kernel", "compiled": "compiles", "loop": "any"}


def test_nothing_is_compiled_where_the_number_of_steps_is_unknown() -> None:
    assert fastest(ABLE, [], GRU(3, 64), 32, 100, CPU, None) == Choice("fused", "a kernel")


def test_compiling_pays_from_some_number_of_steps_on() -> None:
    def choice(steps: int) -> Choice:
        return fastest(
            {"compiled": "", "loop": ""}, ["no kernel"], Jordan(3, 8, 8), 8, 50, CPU, steps
        )

    assert choice(10).name == "loop"
    assert choice(10).reason == "no kernel"
    assert choice(10).detail.startswith("compiling pays after about ")
    assert choice(10).detail.endswith("and there are 10")
    assert choice(10**7).name == "compiled"
    assert choice(10**7).detail.endswith("and there are 10,000,000")
    turns = [choice(steps).name for steps in (1, 10, 100, 1000, 10**4, 10**5, 10**6)]
    assert turns == sorted(turns, reverse=True)  # once it pays, it pays


def test_longer_sequences_pay_sooner() -> None:
    def pays(time: int) -> bool:
        able = {"compiled": "", "loop": ""}
        return fastest(able, [], GRU(3, 64), 32, time, CPU, 300).name == "compiled"

    assert not pays(1)
    assert pays(1000)


def test_an_engine_that_is_slower_is_never_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COSTS, ("lstm", "fused"), COSTS["lstm", "compiled"])
    choice = fastest(ABLE, [], LSTM(3, 64), 32, 100, CPU, 10**9)
    assert choice == Choice("fused", "a kernel", "compiled would be no faster")


def test_elsewhere_than_on_a_cpu_nothing_is_measured() -> None:
    choice = fastest(ABLE, [], GRU(3, 64), 32, 1000, torch.device("meta"), 10**9)
    assert choice == Choice("fused", "a kernel", "compiling is unmeasured on meta")


def test_what_cannot_be_compiled_is_not() -> None:
    able = {"loop": "any"}
    assert fastest(able, ["a", "b"], GRU(3, 4), 32, 1000, CPU, 10**9) == Choice("loop", "a; b")


def test_time_grows_with_all_that_makes_work() -> None:
    base = training_seconds("loop", GRU(3, 64), 32, 100)
    assert training_seconds("loop", GRU(3, 64), 32, 200) > 1.9 * base
    assert training_seconds("loop", GRU(3, 64), 64, 100) > base
    assert training_seconds("loop", GRU(3, 128), 32, 100) > base


CELLS = {"lstm": LSTM, "gru": GRU, "rnn": RNN}


@pytest.mark.parametrize("case", MEASURED, ids=str)
def test_the_costs_come_near_what_was_measured(case: tuple[str, int, int, int]) -> None:
    kind, B, T, H = case
    for engine, milliseconds in MEASURED[case].items():
        told = 1e3 * training_seconds(engine, CELLS[kind](H, H), B, T)
        assert 0.75 < told / milliseconds < 1.25, engine


@pytest.mark.parametrize("case", MEASURED, ids=str)
@pytest.mark.parametrize("steps", [30, 300, 3000, 30000, 300000])
def test_little_is_lost_by_following_the_costs(case: tuple[str, int, int, int], steps: int) -> None:
    kind, B, T, H = case
    measured = MEASURED[case]

    def total(engine: str) -> float:
        return COMPILING * (engine == "compiled") + steps * measured[engine] / 1e3

    able = dict.fromkeys(measured, "")
    chosen = fastest(able, [], CELLS[kind](H, H), B, T, CPU, steps).name
    assert total(chosen) / min(map(total, measured)) < 1.3
