import pytest
from rich.console import Console

from rnnlab.runs.folder import Status
from rnnlab.sweeps.board import Line
from rnnlab.sweeps.board_view import drawn, duration, summary, told

LINES = [
    Line("cell=gru seed=0", Status.FINISHED, seconds=10.0, score=0.91234, metric="accuracy"),
    Line("cell=gru seed=1", Status.RUNNING, epoch=2, epochs=4, seconds=5.0),
    Line("cell=[red]lstm seed=0", Status.FAILED, "the loss is [NaN]", attempts=2),
    Line("cell=lstm seed=1", Status.PREEMPTED, "pre-empted"),
    Line("cell=lstm seed=2"),
]


def shown(lines, workers=2):
    console = Console(width=100)
    with console.capture() as capture:
        console.print(drawn("cells", lines, workers))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_a_sweep_in_one_line():
    assert summary(LINES, 1) == ("2/5 done, 1 running, 1 failed, 1 pre-empted, about 25 s left")
    assert summary([], 1) == "0/0 done"
    # Five more are to be chosen, of ten seconds each.
    assert summary(LINES, 1, 10).startswith("2/10 done, ")
    assert summary(LINES, 1, 10).endswith(", about 75 s left")
    assert summary(LINES, 1, 3) == summary(LINES, 1)


def test_what_was_pruned_is_done_and_counted():
    pruned = Line("lr=9", Status.PRUNED, "pruned after 2 epochs: val/loss 9 is …", seconds=4.0)
    assert summary([LINES[0], pruned], 1) == "2/2 done, 1 pruned"
    assert told(pruned) == "PRUNED  lr=9  4 s  pruned after 2 epochs: val/loss 9 is …"


def test_every_part_has_its_own_lines_and_names_are_no_markup():
    lines = shown(LINES)
    assert lines[0].startswith("cells  2/5 done")
    assert set(lines[1]) <= set("━╸╺ ")
    assert "cell=gru seed=1" in lines[3]
    assert "2/4" in lines[3]
    (failed,) = [line for line in lines if "cell=[red]lstm" in line]
    assert failed.split()[-4:] == ["the", "loss", "is", "[NaN]"]


def test_many_that_run_or_failed_leave_room():
    many = [Line(f"seed={n}", Status.RUNNING) for n in range(100)]
    assert len(shown(many)) < 20


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (LINES[0], "FINISHED  cell=gru seed=0  test/accuracy=0.9123  10 s"),
        (LINES[2], "FAILED  cell=[red]lstm seed=0  the loss is [NaN]"),
        (LINES[4], "not begun  cell=lstm seed=2"),
    ],
)
def test_how_a_run_came_out(line, text):
    assert told(line) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (99, "99 s"), (150, "2 min"), (5940, "99 min"), (12_000, "3 h 20 min")],
)
def test_durations_are_for_people(seconds, text):
    assert duration(seconds) == text
