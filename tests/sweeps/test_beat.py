import threading

import pytest

from rnnlab.runs.folder import RunFolder
from rnnlab.sweeps import beat
from rnnlab.sweeps.beat import Watch, beating


@pytest.fixture
def attempt(tmp_path):
    return RunFolder(tmp_path)


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(beat.time, "monotonic", lambda: now[0])
    return now


def test_beats_rise_while_it_is_executed(attempt):
    third = threading.Event()
    seen = []

    def each():
        seen.append((attempt.path / ".beat").read_text())
        if len(seen) == 3:
            third.set()

    with beating(attempt, 0.01, each):
        assert third.wait(10)
    count = len(seen)
    assert seen[:3] == ["1", "2", "3"]
    assert not threading.Event().wait(0.1)
    assert len(seen) == count


def test_an_attempt_expires_when_no_change_is_seen_for_as_long_as_the_lease(attempt, clock):
    watch = Watch(60)
    (attempt.path / ".beat").write_text("1")
    assert not watch.expired(attempt)
    clock[0] += 59
    assert not watch.expired(attempt)
    (attempt.path / ".beat").write_text("2")
    clock[0] += 10
    assert not watch.expired(attempt)
    clock[0] += 61
    assert watch.expired(attempt)


def test_what_never_beat_expires_too(attempt, clock):
    watch = Watch(60)
    assert not watch.expired(attempt)
    clock[0] += 61
    assert watch.expired(attempt)


def test_the_age_of_a_beat_on_another_clock_does_not_matter(attempt, clock):
    (attempt.path / ".beat").write_text("7")
    clock[0] += 1e6
    assert not Watch(60).expired(attempt)
