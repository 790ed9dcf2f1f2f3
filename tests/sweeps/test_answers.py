from rich.console import Console

from rnnlab.runs.folder import Status
from rnnlab.sweeps.answers import compared, shown
from rnnlab.sweeps.outcome import Outcome
from tests.sweeps.jobs import job


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
