import pytest

from rnnlab.bench.sweep import driving
from rnnlab.bench.sweep.driving import driver_share
from rnnlab.errors import RunFailed


@pytest.mark.slow
def test_the_driver_of_a_real_sweep_is_measured_and_stopped(tmp_path):
    share = driver_share(20, 1, 2.0, tmp_path, tracked=False)
    assert 0 <= share < 0.5
    runs = [*(tmp_path / "sweeps" / "driven" / "runs").iterdir()]
    assert 1 <= len(runs) < 20


def test_a_sweep_that_does_not_begin_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(driving, "OPTIONS", ("cell=nope",))
    with pytest.raises(RunFailed, match="did not begin"):
        driver_share(2, 1, 1.0, tmp_path, tracked=False)
