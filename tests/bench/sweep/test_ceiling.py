import pytest

from rnnlab.bench.sweep import ceiling
from rnnlab.bench.sweep.ceiling import plain_gain
from rnnlab.errors import RunFailed


def test_it_is_the_steps_of_all_over_those_of_one(monkeypatch):
    monkeypatch.setattr(
        ceiling, "_seconds", lambda count, steps: [2.0] if count == 1 else [2.0, 2.5]
    )
    assert plain_gain(2) == pytest.approx(1.6)


def test_real_loops_are_timed():
    assert 0.1 < plain_gain(2, steps=20) < 10


def test_a_loop_that_fails_is_told(monkeypatch):
    monkeypatch.setattr(ceiling, "_LOOP", "raise SystemExit('no torch')")
    with pytest.raises(RunFailed, match="a plain loop failed: no torch"):
        plain_gain(2)
