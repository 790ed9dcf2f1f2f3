from types import SimpleNamespace

import pytest

from rnnlab.sweeps import workers


@pytest.mark.parametrize(
    ("processors", "gigabytes", "expected"), [(8, 100, 8), (8, 3.5, 3), (8, 0.2, 1), (1, 100, 1)]
)
def test_as_many_as_there_are_processors_and_memory_for(
    monkeypatch, processors, gigabytes, expected
):
    memory = SimpleNamespace(available=int(gigabytes * 1e9))
    monkeypatch.setattr(workers, "processors", lambda: processors)
    monkeypatch.setattr(workers.psutil, "virtual_memory", lambda: memory)
    assert workers.fitting() == expected


@pytest.mark.parametrize(("count", "threads"), [(1, 8), (2, 4), (3, 2), (8, 1), (20, 1)])
def test_threads_are_divided(monkeypatch, count, threads):
    monkeypatch.setattr(workers, "processors", lambda: 8)
    assert workers.threads_of(count) == threads


def test_there_is_a_processor():
    assert workers.processors() >= 1
