import os

import pytest

from rnnlab.bench.size import Size
from rnnlab.bench.step.command import measure
from rnnlab.errors import ConfigError, RunFailed

SIZE = Size(2, 3, 2)


def test_a_loop_and_a_run_are_measured_in_turn():
    result = measure(SIZE, 2, 0.01, ["by hand", "rnnlab"])
    assert list(result.times) == ["by hand", "rnnlab"]
    for times in result.times.values():
        assert len(times.wall) == len(times.cpu) == 2
        assert min(*times.wall, *times.cpu) > 0


def test_a_contender_that_fails_is_named_with_what_it_said(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONHOME", os.devnull)
    with pytest.raises(RunFailed, match=r"by hand ended with code 1:\n(.*\n)*.*encodings"):
        measure(SIZE, 1, 0.01, ["by hand"])


def test_an_unknown_contender_is_one_line():
    with pytest.raises(ConfigError, match="--only=nobody: no such contender; valid: by hand"):
        measure(SIZE, 1, 0.01, ["nobody"])
