from __future__ import annotations

import shlex

from rich.console import Console

from rnnlab.sweeps.combinations import Combination
from rnnlab.sweeps.objectives import Objective
from rnnlab.sweeps.overview import overview
from rnnlab.sweeps.plan import Plan
from rnnlab.sweeps.ranking import Scored
from rnnlab.sweeps.search_view import Found, command, found_lines
from tests.sweeps.searching import LOSS, Case

SCORE = Objective("val/accuracy", "maximize")


def text(*parts) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        for part in parts:
            console.print(part, soft_wrap=getattr(part, "no_wrap", None) is True)
    return capture.get()


def scored(x: str, *values: float) -> Scored:
    return Scored(Combination((f"x={x}", "name=a b"), {"x": x}), f"s{x}", values)


def test_before_it_begins_a_search_shows_what_it_may_choose(tmp_path) -> None:
    plan = Case(tmp_path, seeds=3).plan(trials=20, search="tpe", confirm=2, confirm_seeds=4)
    shown = text(*overview(Plan("mine", (), plan.options, search=plan), whole=True))
    assert shown.startswith(
        "sweep mine: tpe, 20 trials x 3 seeds for val/loss (minimize), then the best 2 x 4 fresh "
    )
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines()]
    assert [row for row in rows if row] == [
        ["x", "a number", "-1.0 to 1.0"],
        ["y", "a number", "0.001 to 1.0, logarithmic"],
        ["kind", "one of", "a, b"],
    ]
    assert len(text(*overview(Plan("m", (), search=plan), whole=False)).splitlines()) == 1


def test_at_its_end_the_best_settings_and_how_to_run_the_first_again() -> None:
    found = Found(tuple(scored(f"{x}", (x - 3.0) ** 2) for x in range(9)), (LOSS,))
    shown = text(*found_lines(found))
    assert shown.startswith("best of 9 settings")
    rows = [line.split("│")[1].strip() for line in shown.splitlines() if "│" in line]
    assert rows == ["3", "2", "4", "1", "5"]
    assert "again: rnnlab train x=3 'name=a b'\n" in shown
    assert "chosen among 9 by these values" in shown


def test_what_is_confirmed_needs_no_warning() -> None:
    found = Found((scored("1", 1.0), scored("2", 2.0)), (LOSS,), confirmed=True)
    assert "lucky" not in text(*found_lines(found))


def test_of_several_objectives_the_front_and_each_command() -> None:
    each = (scored("1", 1.0, 0.5), scored("2", 2.0, 0.9), scored("3", 3.0, 0.1))
    shown = text(*found_lines(Found(each, (LOSS, SCORE))))
    assert shown.startswith("not beaten by any other of 3 settings")
    assert shown.count("again: ") == 2
    assert "x=3" not in shown


def test_nothing_found_is_said() -> None:
    assert text(*found_lines(Found((), (LOSS,)))) == "no setting came to a value\n"


def test_a_command_can_be_copied_in_one_piece() -> None:
    overrides = tuple(f"key{n}=[a, b]" for n in range(30))
    long = Scored(Combination(overrides, {"x": "1"}), "s", (1.0,))
    (line,) = [
        line for line in text(*found_lines(Found((long,), (LOSS,)))).splitlines() if "again" in line
    ]
    assert shlex.split(line.removeprefix("again: "))[2:] == list(overrides)
    assert command(long, "seeds=3").startswith("rnnlab train -m 'key0=[a, b]'")
    assert command(long, "seeds=3").endswith(" seeds=3")
