from __future__ import annotations

from pathlib import Path

import pytest
import torch

from rnnlab.capability.abilities import SHOWN_BY, by_engine, by_export, by_rule, said
from rnnlab.cells import GRU
from rnnlab.plugins import discovery
from rnnlab.testing import CellContract, Outcome
from rnnlab.testing.run import rules


def test_engines_say_themselves_what_they_run() -> None:
    assert by_engine("fused", GRU(2, 3)).able is True
    scan = by_engine("scan", GRU(2, 3))
    assert (scan.able, scan.reason) == (False, "GRU is not affine")


def test_the_rules_that_show_abilities_are_there() -> None:
    assert set(SHOWN_BY.values()) <= set(rules(CellContract))


@pytest.mark.parametrize(
    ("verdict", "able"), [("passed", True), ("failed", False), ("skipped", None)]
)
def test_a_rule_shows_an_ability(verdict: str, able: bool | None) -> None:
    outcomes = [
        Outcome("test_float64", "passed"),
        Outcome(SHOWN_BY["vmap"], verdict, "because"),  # type: ignore[arg-type]
    ]
    found = by_rule("vmap", outcomes)
    assert (found.name, found.able, found.reason) == ("vmap", able, "because")


def test_a_rule_that_did_not_run_shows_nothing() -> None:
    assert by_rule("bf16", []).able is None


def test_a_plain_cell_can_be_exported() -> None:
    assert by_export(lambda: GRU(3, 4)).able is True


def test_a_cell_that_looks_at_values_cannot(plugins: Path) -> None:
    cls = discovery.load("cell", "branching")
    found = by_export(lambda: cls(3, 4))
    assert found.able is False
    assert found.reason
    assert "\n" not in found.reason


def test_errors_are_told_in_one_short_line() -> None:
    error = RuntimeError("first\n\n  second\nthird " + "long " * 500)
    assert said(error) == "RuntimeError: first second"
    assert len(said(torch.OutOfMemoryError("long " * 500))) <= 300
