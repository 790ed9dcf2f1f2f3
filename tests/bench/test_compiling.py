from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from rnnlab.bench import compiling, timing
from rnnlab.bench.cells import Plan
from rnnlab.bench.compiling import measure_compiling, measure_engines
from rnnlab.bench.record import Result
from rnnlab.bench.size import Size
from rnnlab.errors import RunFailed

SIZE, LONGER, WIDER = Size(2, 3, 4), Size(2, 5, 4), Size(2, 3, 6)


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The size and candidate of each process that is not started; that of ``fused`` fails."""
    found: list[tuple[str, str]] = []

    def child(about: Mapping[str, Any]) -> dict[str, float]:
        found.append((about["size"], about["name"]))
        if about["name"] == "fused":
            raise RunFailed("no compiler")
        return {"cold": 20.0, "warm": 2.0}

    monkeypatch.setattr(timing, "_TURN", 1e-12)
    monkeypatch.setattr(compiling, "compile_seconds", child)
    return found


def test_everything_but_torchs_own_module_is_tried(asked: list[tuple[str, str]]) -> None:
    plan = Plan(["lstm"], [SIZE], ["fused", "loop"], ["torch", "jax"])
    results: list[Result] = []
    said: list[str] = []
    measure_compiling(plan, "lstm", SIZE, results.append, said.append)
    assert asked == [("2,3,4", "jax"), ("2,3,4", "fused"), ("2,3,4", "loop")]
    assert said[0] == "lstm 2,3,4 jax …"
    (result,) = results
    assert list(result.compile_seconds) == ["lax.scan", "loop"]
    assert [(item.name, item.trouble) for item in result.measured] == [("fused", "no compiler")]


def test_what_is_done_is_kept_when_it_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([{"cold": 1.0, "warm": 1.0}])

    def child(_: object) -> dict[str, float]:
        for answer in answers:
            return answer
        raise KeyboardInterrupt

    monkeypatch.setattr(compiling, "compile_seconds", child)
    results: list[Result] = []
    with pytest.raises(KeyboardInterrupt):
        plan = Plan(["lstm"], [SIZE], ["loop", "fused"])
        measure_compiling(plan, "lstm", SIZE, results.append, lambda _: None)
    assert list(results[0].compile_seconds) == ["loop"]


def test_engines_are_compiled_once_for_each_number_of_units(asked: list[tuple[str, str]]) -> None:
    plan = Plan(["rnn"], [SIZE], ["loop", "fused"], seconds=0.0, memory=False)
    results: list[Result] = []
    known: dict[tuple[str, int, str], dict[str, float]] = {}
    for size in (SIZE, LONGER, WIDER):
        measure_engines(plan, "rnn", size, results.append, known)
    assert [name for name in asked if name[1] == "loop"] == [("2,3,4", "loop"), ("2,3,6", "loop")]
    for result in results:
        assert result.compile_seconds == {"loop": {"cold": 20.0, "warm": 2.0}}
        loop, fused = result.measured
        assert loop.forward_backward
        assert fused.trouble == "no compiler"
