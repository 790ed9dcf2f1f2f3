from __future__ import annotations

from typing import Any

import pytest

from rnnlab.bench import regret
from rnnlab.bench.case import make_case
from rnnlab.bench.record import Record
from rnnlab.bench.regret import chosen, regrets
from rnnlab.bench.size import Size
from rnnlab.recurrence.engines import ENGINES, Choice


@pytest.fixture
def auto(monkeypatch: pytest.MonkeyPatch) -> dict[int | None, str]:
    """What ``auto`` takes by run length; add to it."""
    takes: dict[int | None, str] = {}

    def choose(
        engine: str, cell: Any, x: Any, lengths: Any, reset: Any, steps: int | None = None
    ) -> Choice:
        assert (engine, lengths, reset) == ("auto", None, None)
        return Choice(takes[steps], "a rule")

    monkeypatch.setattr(regret, "choose", choose)
    return takes


def test_a_run_is_compiling_and_its_steps(record: Record, auto: dict[int | None, str]) -> None:
    # 4 ms a step, or 1 ms after 30 s: compiling pays from 10,000 steps on.
    auto |= {1000: "loop", 100_000: "loop", 2000: "compiled"}
    record.results.pop()
    short, long, rash = regrets(record, (1000, 100_000, 2000))
    assert (short.chosen, short.best, short.value) == ("loop", "loop", 0)
    assert short.seconds == pytest.approx(4.0)  # a first call of 0.1 s compiles nothing
    assert (long.chosen, long.best) == ("loop", "compiled")
    assert long.value == pytest.approx(400 / 130 - 1)
    assert (rash.chosen, rash.best) == ("compiled", "loop")
    assert rash.value == pytest.approx(32 / 8 - 1)
    assert short.reason == "a rule"


def test_what_is_on_disk_changes_the_best(record: Record, auto: dict[int | None, str]) -> None:
    auto[2000] = "compiled"
    found = next(regrets(record, [2000], "warm"))
    assert (found.best, found.value) == ("compiled", 0)
    assert found.seconds == pytest.approx(3 + 2)


def test_peers_are_no_choice_and_troubled_engines_neither(
    record: Record, auto: dict[int | None, str]
) -> None:
    auto[1000] = "loop"
    record.results[0].measured[1].trouble = "broke"
    first, second = regrets(record, [1000])
    assert (first.seconds, first.value) == (None, None)
    assert first.best == "compiled"
    assert second.best == "loop"


def test_the_registry_is_asked() -> None:
    found = chosen(make_case("jordan", Size(2, 3, 4)), 50)
    assert found.name in set(ENGINES) - {"fused", "scan"}


def test_the_length_of_the_run_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def with_steps(*arguments: Any, steps: int | None) -> Choice:
        asked.append(steps or 0)
        return Choice("loop", "")

    monkeypatch.setattr(regret, "choose", with_steps)
    chosen(make_case("lstm", Size(2, 3, 4)), 77)
    assert asked == [77]
