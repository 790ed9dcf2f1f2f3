import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.runs.folder import Status
from rnnlab.sweeps.swept_run import SweptRun

POINT = b'{"name": "a", "value": 1.0, "step": %d, "epoch": null, "timestamp": 1}\n'


@pytest.fixture
def run(tmp_path):
    path = tmp_path / "0123456789abcdef"
    path.mkdir()
    (path / "config.yaml").write_text("seed: 0\n")
    return SweptRun(path)


def test_a_run_that_nobody_has_claimed_is_believed_nowhere(run):
    assert run.numbers() == []
    assert run.believed() is None


def test_a_claim_is_a_run_folder_with_the_config(run):
    attempt = run.claim(0)
    assert attempt.path == run.path / "attempts" / "1"
    assert attempt.config.read_text() == "seed: 0\n"
    assert attempt.read_status()["status"] == Status.CREATED
    assert run.believed() == attempt
    assert run.is_believed(attempt)


def test_of_many_that_claim_one_gets_it(run):
    found = []
    barrier = threading.Barrier(8)

    def claim():
        barrier.wait()
        found.append(run.claim(0))

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(attempt is not None for attempt in found) == 1
    assert run.numbers() == [1]


def test_the_highest_is_believed_and_begins_with_a_copy_of_the_one_before(run):
    first = run.claim(0)
    first.metrics.write_bytes(POINT % 1 + POINT % 2 + b'{"torn')
    first.manifest.write_text("{}")
    first.checkpoints.mkdir()
    (first.checkpoints / "last.ckpt").write_bytes(b"one")
    (first.checkpoints / ".last.ckpt.7").write_bytes(b"half")
    first.write_status(Status.KILLED, "x")
    second = run.claim(1)
    assert run.believed() == second
    assert not run.is_believed(first)
    assert second.metrics.read_bytes() == POINT % 1 + POINT % 2
    assert second.manifest.read_text() == "{}"
    assert [p.name for p in second.checkpoints.iterdir()] == ["last.ckpt"]
    assert second.read_status()["status"] == Status.CREATED


def test_what_a_late_writer_replaces_does_not_change_in_the_copy(run):
    first = run.claim(0)
    first.checkpoints.mkdir()
    (first.checkpoints / "last.ckpt").write_bytes(b"one")
    first.metrics.write_bytes(POINT % 1)
    second = run.claim(1)
    (first.checkpoints / ".new").write_bytes(b"two")
    (first.checkpoints / ".new").replace(first.checkpoints / "last.ckpt")
    with first.metrics.open("ab") as file:
        file.write(POINT % 2)
    assert (second.checkpoints / "last.ckpt").read_bytes() == b"one"
    assert second.metrics.read_bytes() == POINT % 1


def test_a_claim_that_was_never_ready_is_skipped(run):
    first = run.claim(0)
    first.metrics.write_bytes(POINT % 1)
    (run.path / "attempts" / "2").mkdir()
    assert run.believed() is None
    third = run.claim(2)
    assert run.believed() == third
    assert third.metrics.read_bytes() == POINT % 1


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 6), max_size=12))
def test_numbers_only_rise_and_nobody_claims_below_them(tmp_path_factory, afters):
    path = tmp_path_factory.mktemp("run")
    (path / "config.yaml").write_text("seed: 0\n")
    run = SweptRun(path)
    for after in afters:
        before = run.numbers()
        attempt = run.claim(after)
        if after + 1 in before:
            assert attempt is None
        else:
            assert attempt.path.name == str(after + 1)
        assert run.numbers() == sorted({*before, after + 1})
