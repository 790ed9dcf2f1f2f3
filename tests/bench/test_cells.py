from __future__ import annotations

import numpy as np
import pytest
from torch import Tensor

from rnnlab.bench import cells, timing
from rnnlab.bench.candidate import Candidate
from rnnlab.bench.cells import Plan, check_plan, difference, measure
from rnnlab.bench.record import Result
from rnnlab.bench.size import Size
from rnnlab.cells.base import Cell, Tree
from rnnlab.errors import ConfigError
from rnnlab.recurrence.engines import ENGINES
from rnnlab.recurrence.engines.loop import Loop

SIZE = Size(2, 3, 4)


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "_TURN", 1e-12)


class Broken(Loop):
    """An engine that does not compile."""

    def run(
        self, cell: Cell, x: Tensor, state: Tree, lengths: Tensor | None, reset: Tensor | None
    ) -> tuple[Tensor, Tree]:
        raise RuntimeError("no\ncompiler")


class Wrong(Loop):
    """An engine that computes something else."""

    def run(
        self, cell: Cell, x: Tensor, state: Tree, lengths: Tensor | None, reset: Tensor | None
    ) -> tuple[Tensor, Tree]:
        output, state = super().run(cell, x, state, lengths, reset)
        return output * 1.1, state


def run(plan: Plan, cell: str = "lstm") -> Result:
    results: list[Result] = []
    measure(plan, cell, SIZE, results.append)
    (result,) = results
    return result


def test_peers_and_engines_are_timed_and_measured() -> None:
    result = run(Plan(["lstm"], [SIZE], ["fused", "loop"], ["torch"], seconds=0.0))
    assert (result.cell, result.size) == ("lstm", SIZE)
    assert result.parameters == 2 * 4 * (4 * 4 + 4)
    assert [(item.kind, item.name) for item in result.measured] == [
        ("peer", "nn.LSTM"),
        ("engine", "fused"),
        ("engine", "loop"),
    ]
    for item in result.measured:
        assert not item.trouble
        assert len(item.forward) == len(item.forward_backward) == timing.FEWEST
        assert min(item.forward + item.forward_backward) > 0
        assert item.first_seconds > 0
        assert item.allocated_bytes is not None
        assert item.difference < 1e-5


def test_every_engine_that_can_takes_part_by_default() -> None:
    plan = Plan(["lstm"], [SIZE])
    able = plan.engines_of(plan.case("jordan", SIZE))
    assert "loop" in able
    assert not {"fused", "scan"} & set(able)
    assert set(able) <= set(ENGINES)


def test_memory_can_be_left_out() -> None:
    result = run(Plan(["rnn"], [SIZE], ["loop"], seconds=0.0, memory=False), "rnn")
    assert result.measured[0].allocated_bytes is result.measured[0].resident_bytes is None


@pytest.mark.parametrize(
    ("engine", "why"),
    [
        (Broken(), r"RuntimeError: no\ncompiler"),
        (Wrong(), "computes something else: differs by 1.0e-01"),
    ],
)
def test_what_fails_or_computes_something_else_is_not_timed(
    engine: Loop, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENGINES, "odd", engine)
    result = run(Plan(["lstm"], [SIZE], ["loop", "odd"], seconds=0.0))
    good, bad = result.measured
    assert good.forward_backward
    assert not good.trouble
    assert bad.trouble.startswith(why)
    assert not bad.forward_backward


def test_a_case_of_which_nothing_can_be_measured_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINES, "odd", Broken())
    (bad,) = run(Plan(["lstm"], [SIZE], ["odd"], seconds=0.0)).measured
    assert bad.trouble


@pytest.mark.parametrize(("turns", "kept"), [(0, []), (2, [2])])
def test_an_interrupted_case_is_kept_after_its_first_round(
    turns: int, kept: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    turn, done = timing._turn, iter(range(100))

    def interrupted(candidate: Candidate) -> timing.Times:
        if next(done) == turns:
            raise KeyboardInterrupt
        return turn(candidate)

    monkeypatch.setattr(timing, "_turn", interrupted)
    plan = Plan(["lstm"], [SIZE], ["loop"], seconds=0.0)
    results: list[Result] = []
    with pytest.raises(KeyboardInterrupt):
        measure(plan, "lstm", SIZE, results.append)
    assert [len(item.measured[0].forward) for item in results] == kept


def test_mistakes_are_found_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "measure", pytest.fail)
    check_plan(Plan(["lstm", "gru"], [SIZE], ["fused", "loop"]))
    for plan, line in (
        (Plan(["lstmm"], [SIZE]), "--cell=lstmm: is not an option; did you mean lstm?"),
        (Plan(["lstm"], [SIZE], ["lop"]), "--engine=lop: no such engine; did you mean loop?"),
        (
            Plan(["lstm", "jordan"], [SIZE], ["loop", "fused"]),
            "--engine=fused: cannot run jordan: Jordan has no fused kernel; valid: ",
        ),
        (
            Plan(["rnn"], [SIZE], arguments=["recurrent_scale=0"]),
            "--arg=recurrent_scale=0.0: must be > 0",
        ),
    ):
        with pytest.raises(ConfigError) as raised:
            check_plan(plan)
        assert str(raised.value).startswith(line)


def test_difference_is_relative_and_sees_what_is_not_finite() -> None:
    ones = np.ones((2, 3), np.float32)
    assert difference([ones, 4 * ones], [ones, 5 * ones]) == pytest.approx(0.2)
    assert difference([ones * np.nan], [ones]) == float("inf")
    assert difference([ones[:0]], [ones[:0]]) == 0
