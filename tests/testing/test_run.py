from __future__ import annotations

import subprocess
import sys
from unittest import SkipTest

from rnnlab.testing import Outcome, run
from rnnlab.testing.rule import Contract, rule
from rnnlab.testing.run import rules


class Example(Contract):
    asked: int = 0

    @rule()
    def test_basic(self) -> None:
        """The basic must hold."""
        type(self).asked += 1
        if self.asked < 2:
            raise AssertionError("ask twice")

    @rule()
    def test_not_applicable(self) -> None:
        raise SkipTest("there is nothing to see")

    @rule("test_basic", "test_not_applicable")
    def test_further(self) -> None:
        pass

    @rule("test_further")
    def test_furthest(self) -> None:
        """Nothing must be looked up."""
        {}["key"]

    def test_plain(self) -> None:
        raise ValueError("two\nlines")

    def test_by_pytest(self, tmp_path: object) -> None:
        raise AssertionError

    def test_silent(self) -> None:
        raise AssertionError

    test_words = "no rule"


class TestLessThanExample(Example):
    """As pytest collects it: of all the rules, those that pass."""

    test_basic = test_further = test_furthest = None  # type: ignore[assignment]
    test_plain = test_by_pytest = test_silent = None  # type: ignore[assignment]


def test_each_rule_has_an_outcome_and_a_basic_failure_skips_what_builds_on_it() -> None:
    Example.asked = 0
    needs = "needs test_basic, which failed: mend that first"
    assert run(Example) == [
        Outcome("test_basic", "failed", "ask twice"),
        Outcome("test_not_applicable", "skipped", "there is nothing to see"),
        Outcome("test_further", "skipped", needs),
        Outcome("test_furthest", "skipped", needs),
        Outcome("test_plain", "failed", "raised ValueError: two\\nlines"),
        Outcome("test_by_pytest", "skipped", "takes fixtures of pytest"),
        Outcome("test_silent", "failed", "an assertion without a message"),
    ]


def test_every_run_judges_anew_and_an_error_says_where_it_is_and_what_must_hold() -> None:
    Example.asked = 1
    verdicts = {outcome.rule: outcome for outcome in run(Example)}
    assert Example.asked == 2
    assert verdicts["test_basic"].verdict == verdicts["test_further"].verdict == "passed"
    reason = verdicts["test_furthest"].reason
    assert reason.startswith("KeyError: 'key' (test_run.py:")
    assert reason.endswith(", in test_furthest). Nothing must be looked up.")


def test_a_rule_that_is_left_out_holds_nobody_up() -> None:
    class Contract(Example):
        test_basic = None  # type: ignore[assignment]

    outcomes = {outcome.rule: outcome.verdict for outcome in run(Contract)}
    assert "test_basic" not in outcomes
    assert outcomes["test_further"] == "passed"
    assert rules(Contract) == list(outcomes)


def test_subclasses_do_not_share_judgements() -> None:
    class Right(Example):
        @rule()
        def test_basic(self) -> None:
            pass

    Example.asked = 0
    run(Example)
    assert run(Right)[0] == Outcome("test_basic", "passed")


def test_it_needs_no_pytest_and_refuses_to_run_without_assertions() -> None:
    program = (
        "import sys; from rnnlab.testing import CellContract, run; print('pytest' in sys.modules)\n"
        "run(CellContract)"
    )
    done = subprocess.run(
        [sys.executable, "-O", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["False"]
    assert "ConfigError: the rules of a contract are assertions" in done.stderr
