from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from rnnlab.tracking import spool as spool_module
from rnnlab.tracking.link import Link, read_link
from rnnlab.tracking.lookup import Deleted
from rnnlab.tracking.points import Point, PointsFile, encode
from rnnlab.tracking.sender_process import SenderGone
from rnnlab.tracking.spool import Spool


class FakeRun:
    """Stands for an MLflow run; ``fail`` is called before anything is taken."""

    def __init__(self, run_id: str, fail: Callable[[], None] = lambda: None) -> None:
        self.run_id, self.fail = run_id, fail
        self.points: list[Point] = []
        self.events: list[Any] = []
        self.active = True

    def log_points(self, points: Iterable[Point]) -> None:
        self.fail()
        points = list(points)
        if not self.active or any(point.name == "bad" for point in points):
            raise MlflowException("no", INVALID_PARAMETER_VALUE)
        assert len(points) <= 1000
        self.points += points
        self.events.append("points")

    def check_active(self) -> None:
        if not self.active:
            raise Deleted("run a was deleted")

    def finish(self, status: str, cause: str | None, end_time: int) -> None:
        self.fail()
        self.events.append(status)


def write(folder: Path, steps: range, name: str = "loss") -> list[Point]:
    points = [Point(name, 0.5 * step, step, None, 1000 + step) for step in steps]
    file = PointsFile(folder / "metrics.jsonl")
    file.append(points)
    file.close()
    return points


def start(folder: Path, run: FakeRun, **options: Any) -> Spool:
    opened: Any = lambda link, proceed: run  # noqa: E731
    return Spool(folder, "http://me:secret@host", opened, interval=0.01, **options)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_all_points_arrive_once_in_order_and_before_the_status(tmp_path: Path) -> None:
    run = FakeRun("a")
    spool = start(tmp_path, run)
    spool.submit(lambda r: run.events.append("job"))
    points = write(tmp_path, range(2500))
    assert spool.close("FINISHED")
    assert run.points == points
    assert run.events[0] == "job"
    assert run.events[-1] == "FINISHED"
    size = (tmp_path / "metrics.jsonl").stat().st_size
    link = read_link(tmp_path)
    assert link is not None
    assert link.key
    assert link == Link("http://host", "a", size, "FINISHED", link.key, str(tmp_path))


def test_closing_twice_finishes_once(tmp_path: Path) -> None:
    run = FakeRun("a")
    spool = start(tmp_path, run)
    assert spool.close("FAILED")
    assert spool.close("FINISHED")
    assert run.events == ["FAILED"]


def test_a_later_process_sends_only_the_rest(tmp_path: Path) -> None:
    first = FakeRun("a")
    spool = start(tmp_path, first)
    write(tmp_path, range(10))
    spool.close("KILLED")
    again = FakeRun("a")
    known: list[str | None] = []

    def reopen(link: Link, proceed: Any) -> Any:
        known.append(link.run_id)
        return again

    rest = write(tmp_path, range(10, 15))
    Spool(tmp_path, "http://host", reopen).close("FINISHED")
    assert known == ["a"]
    assert again.points == rest


@pytest.mark.parametrize("cause", ["other store", "other run", "run is gone"])
def test_another_run_gets_all_points(tmp_path: Path, cause: str) -> None:
    points = write(tmp_path, range(10))
    start(tmp_path, FakeRun("a")).close("FINISHED")
    run = FakeRun("b")
    opened: Any = lambda link, proceed: run  # noqa: E731
    uri = "http://other" if cause == "other store" else "http://host"
    wanted = "b" if cause == "other run" else None
    Spool(tmp_path, uri, opened, run_id=wanted).close("FINISHED")
    assert run.points == points
    link = read_link(tmp_path)
    assert link is not None
    assert link.run_id == "b"


def test_an_outage_costs_one_warning_and_no_point(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    failures = iter(range(4))

    def fail() -> None:
        if next(failures, None) is not None:
            raise ConnectionError("nobody there\nlong story")

    run = FakeRun("a", fail)
    points = write(tmp_path, range(1500))
    spool = start(tmp_path, run)
    wait_for(lambda: len(run.points) == 1500)
    assert spool.close("FINISHED")
    assert run.points == points
    lost, back = (record.getMessage() for record in caplog.records)
    assert "http://host cannot be used (nobody there); the run goes on" in lost
    assert "has got all" in back
    assert "secret" not in caplog.text


def test_a_dead_server_is_given_up_in_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(link: Link, proceed: Any) -> Any:
        raise ConnectionError("nobody there")

    spool = Spool(tmp_path, "http://host", refuse, interval=0.01)
    assert not spool.close("FINISHED", patience=0.1)
    assert spool.run_id is None
    assert sum(record.levelno == logging.WARNING for record in caplog.records) == 2
    assert "stays in the folder" in caplog.text


def test_a_server_that_hangs_is_left_behind(tmp_path: Path) -> None:
    release = threading.Event()

    def hang() -> None:
        release.wait(20)

    spool = start(tmp_path, FakeRun("a", hang))
    write(tmp_path, range(3))
    # It comes back while the server still hangs.
    assert not spool.close("FINISHED", timeout=0.2)
    assert not release.is_set()
    assert spool._thread.is_alive()
    release.set()
    spool._thread.join()


def test_a_refused_metric_costs_only_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = FakeRun("a")
    good = write(tmp_path, range(50))
    write(tmp_path, range(3), name="bad")
    more = write(tmp_path, range(50, 60))
    assert start(tmp_path, run).close("FINISHED")
    assert run.points == good + more
    assert caplog.text.count("refuses the metric 'bad'") == 1


def test_a_deleted_run_is_no_reason_to_drop_points(tmp_path: Path) -> None:
    run = FakeRun("a")
    run.active = False
    points = write(tmp_path, range(5))
    assert not start(tmp_path, run).close("FINISHED", patience=0.05)
    run.active = True
    start(tmp_path, run).close("FINISHED")
    assert run.points == points


def test_a_refused_job_does_not_hold_up_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = FakeRun("a")
    spool = start(tmp_path, run)

    def missing(_: Any) -> None:
        raise FileNotFoundError("no such artifact")

    spool.submit(missing)
    spool.submit(lambda r: run.events.append("next"))
    assert spool.close("FINISHED")
    assert run.events == ["next", "FINISHED"]
    assert "refuses: no such artifact" in caplog.text


def test_a_line_that_is_being_written_waits_for_its_end(tmp_path: Path) -> None:
    run = FakeRun("a")
    path = tmp_path / "metrics.jsonl"
    line = encode(Point("loss", 1.0, 1, None, 1))
    path.write_bytes(encode(Point("loss", 0.0, 0, None, 1)) + line[:10])
    spool = start(tmp_path, run)
    wait_for(lambda: len(run.points) == 1)
    with path.open("ab") as file:
        file.write(line[10:])
    assert spool.close("FINISHED")
    assert [point.step for point in run.points] == [0, 1]


def test_a_server_that_was_given_up_is_asked_for_nothing_new(tmp_path: Path) -> None:
    release, made = threading.Event(), []

    def slow(link: Link, proceed: Callable[[], None]) -> Any:
        release.wait(20)
        proceed()
        made.append(link)
        return FakeRun("a")

    spool = Spool(tmp_path, "http://host", slow)
    assert not spool.close("FINISHED", timeout=0.1)
    before = read_link(tmp_path)
    release.set()
    spool._thread.join()
    assert made == []
    assert read_link(tmp_path) == before


def test_with_much_left_to_send_the_status_does_not_wait_for_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "_STATUS_AFTER", 0.1)
    run = FakeRun("a", lambda: time.sleep(0.06))
    points = write(tmp_path, range(5500))
    spool = Spool(tmp_path, "http://host", cast(Any, lambda link, proceed: run), interval=60)
    assert spool.close("KILLED")
    assert run.points == points
    told = run.events.index("KILLED")
    assert 0 < told < len(run.events) - 2  # after some of them and before others
    link = read_link(tmp_path)
    assert link is not None
    assert link.status == "KILLED"


def waiting(folder: Path) -> tuple[Spool, list[str]]:
    """Return a spool that waits for its first point, and what it has done so far."""
    done: list[str] = []

    def opened(link: Link, proceed: Callable[[], None]) -> Any:
        done.append("opened")
        return FakeRun("a")

    spool = Spool(folder, "http://host", opened, interval=0.01, at_first_point=True)
    time.sleep(0.1)
    return spool, done


def test_nothing_is_opened_before_there_is_a_point(tmp_path: Path) -> None:
    spool, done = waiting(tmp_path)
    assert done == []
    spool.begin()
    wait_for(lambda: "opened" in done)
    assert done == ["opened"]
    assert spool.close("FINISHED")


def test_closing_opens_the_run_too(tmp_path: Path) -> None:
    spool, done = waiting(tmp_path)
    assert spool.close("FINISHED")
    assert done == ["opened"]


def test_some_time_after_the_start_nothing_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "_LATEST", 0.2)
    spool, done = waiting(tmp_path)
    wait_for(lambda: "opened" in done)
    assert spool.close("FINISHED")


def test_a_run_whose_sender_is_gone_is_opened_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def die() -> None:
        if len(opened) == 1 and len(opened[0].points) >= 1000:
            raise SenderGone("killed")

    opened: list[FakeRun] = []
    known: list[str | None] = []

    def open_run(link: Link, proceed: Callable[[], None]) -> Any:
        known.append(link.run_id)
        opened.append(FakeRun("a", die))
        return opened[-1]

    points = write(tmp_path, range(2500))
    spool = Spool(tmp_path, "http://host", open_run, interval=0.01)
    wait_for(lambda: len(opened) == 2 and len(opened[1].points) == 1500)
    assert spool.close("FINISHED")
    assert known == [None, "a"]
    assert opened[0].points + opened[1].points == points
    lost, back = (record.getMessage() for record in caplog.records)
    assert "http://host cannot be used (killed); the run goes on" in lost
    assert "has got all" in back
