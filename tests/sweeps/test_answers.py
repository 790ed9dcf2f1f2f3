from pathlib import Path

import pytest
from rich.console import Console

from rnnlab.runs.folder import RunFolder, Status
from rnnlab.sweeps.answers import compared, shown
from rnnlab.sweeps.objectives import Objective
from rnnlab.sweeps.outcome import Outcome
from tests.sweeps.jobs import job

LOSS = Objective("val/loss", "minimize")


def text_of(comparison, outcomes):
    console = Console(width=120)
    with console.capture() as capture:
        for part in shown(comparison, outcomes):
            console.print(part)
    return capture.get()


def test_where_nothing_has_finished_there_is_nothing_to_compare():
    outcomes = [Outcome(job("a"), Status.FAILED, "x"), Outcome(job("b"), None)]
    assert compared(outcomes) is None


def test_what_was_pruned_is_not_listed_as_unfinished():
    assert text_of(None, [Outcome(job("a"), Status.PRUNED, "pruned after 2 epochs")]) == ""


def test_what_has_not_finished_is_listed_with_its_cause_and_no_markup():
    outcomes = [
        Outcome(job("a", cell="[red]gru"), Status.FAILED, "the loss is [NaN]"),
        Outcome(job("b", cell="lstm"), None),
    ]
    text = text_of(None, outcomes)
    assert "cell=[red]gru" in text
    assert "the loss is [NaN]" in text
    assert "not begun" in text


@pytest.mark.parametrize(
    ("objectives", "asked"),
    [
        ((), {}),
        ((Objective("val/loss", "minimize"),), {"metric": "test/loss", "better": "lower"}),
        ((Objective("val/f1", "maximize"), LOSS), {"metric": "test/f1", "better": "higher"}),
        # No part of the data has it.
        ((Objective("parameters", "minimize"),), {}),
    ],
)
def test_what_was_chosen_by_is_compared_on_the_test_part(monkeypatch, objectives, asked):
    seen = []
    monkeypatch.setattr(
        "rnnlab.sweeps.answers.compare_runs", lambda paths, **how: seen.append((paths, how))
    )
    folder = RunFolder(Path("/nowhere/a"))
    outcomes = [
        Outcome(job("a"), Status.FINISHED, None, folder),
        Outcome(job("b"), Status.FAILED, "x", RunFolder(Path("/nowhere/b"))),
    ]
    compared(outcomes, objectives)
    assert seen == [([folder.path], asked)]
