from __future__ import annotations

import gc
import time

import pytest

from rnnlab.bench import timing
from rnnlab.bench.timing import FEWEST, MOST, Times, in_turn


@pytest.fixture(autouse=True)
def one_run_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "_TURN", 1e-12)


def test_candidates_run_in_turn_and_the_first_run_of_a_turn_does_not_count(fake: type) -> None:
    ran: list[str] = []
    times: dict[str, Times] = {}
    in_turn([fake("a", ran.append), fake("b", ran.append)], 0.0, times)
    turns = [ran[start : start + 3] for start in range(0, len(ran), 3)]
    assert all(turn == [turn[0], turn[0], f"{turn[0]} forward"] for turn in turns)
    rounds = [{first[0], second[0]} for first, second in zip(turns[::2], turns[1::2], strict=True)]
    assert rounds == [{"a", "b"}] * FEWEST
    assert {name: len(found.forward_backward) for name, found in times.items()} == {
        "a": FEWEST,
        "b": FEWEST,
    }
    assert len(times["a"].forward) == FEWEST


def test_the_order_changes_and_the_seed_decides_it(fake: type) -> None:
    def order(seed: int) -> list[str]:
        ran: list[str] = []
        in_turn([fake(name, ran.append) for name in "abc"], 0.0, {}, seed=seed)
        return ran[::3]

    assert order(0) == order(0)
    assert order(0) != order(1)
    assert len({tuple(order(0)[at : at + 3]) for at in range(0, 15, 3)}) > 1


def test_there_is_an_end_to_rounds(fake: type) -> None:
    times: dict[str, Times] = {}
    in_turn([fake("a")], 1e9, times)
    assert len(times["a"].forward) == MOST


def test_an_interrupt_loses_only_its_round(fake: type) -> None:
    ran: list[str] = []

    def note(name: str) -> None:
        ran.append(name)
        if len(ran) == 10:  # in the second round, after the turn of one candidate
            raise KeyboardInterrupt

    times: dict[str, Times] = {}
    with pytest.raises(KeyboardInterrupt):
        in_turn([fake("a", note), fake("b", note)], 0.0, times)
    assert {name: len(found.forward) for name, found in times.items()} == {"a": 1, "b": 1}


def test_short_runs_are_repeated_until_a_turn_is_long(
    fake: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(float(tick) for tick in range(10_000))
    monkeypatch.setattr(timing, "_TURN", 4.0)
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    times: dict[str, Times] = {}
    in_turn([fake("a")], 0.0, times)
    assert times["a"].forward == [1.0] * 4 * FEWEST  # each run lasts one tick


def test_nothing_is_collected_within_a_turn(fake: type) -> None:
    enabled: list[bool] = []
    in_turn([fake("a", lambda _: enabled.append(gc.isenabled()))], 0.0, {})
    assert not any(enabled)
    assert gc.isenabled()
