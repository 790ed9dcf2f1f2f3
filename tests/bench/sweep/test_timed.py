import pytest

from rnnlab.bench.sweep.command import table
from rnnlab.bench.sweep.timed import Timed, time_alone, time_sweep
from rnnlab.errors import RunFailed

ONE = Timed(1, 40.0, (0.0, 20.0, 10.0), (9.5, 29.0, 19.5), (9.0, 9.0, 9.25))
TWO = Timed(2, 25.0, (0.0, 0.0, 10.0), (10.0, 10.0, 20.0), (9.0, 9.0, 9.0))


def test_runs_per_hour_are_over_the_time_in_which_runs_were_executed():
    assert ONE.per_hour == pytest.approx(3 * 3600 / 29)
    assert TWO.per_hour == pytest.approx(3 * 3600 / 20)


def test_the_fixed_cost_is_the_time_to_the_next_run_beyond_the_training():
    assert ONE.fixed == [1.0, 0.75]


def test_the_table_holds_medians_and_spread():
    shares = {False: [0.01, 0.02], True: [0.03, 0.05]}
    shown = table([ONE, ONE], [TWO, TWO], [1.7, 1.9], [5.0, 7.0], 1000, shares)
    cells = dict(zip(shown.columns[0].cells, shown.columns[1].cells, strict=True))
    assert cells["2 workers over 1"] == "1.45"
    assert cells["2 plain PyTorch loops over 1"] == "1.80"
    assert cells["fixed cost of a run in a sweep, seconds"] == "0.88"
    assert cells["fixed cost of rnnlab train alone, seconds"] == "6.00"
    assert cells["% of the machine for driving 1,000 planned runs"] == "1.50"
    assert cells["% with what it sends to MLflow"] == "4.00"
    assert list(shown.columns[2].cells)[-3] == "5.00 to 7.00"


@pytest.mark.slow
def test_a_real_sweep_and_a_real_run_are_timed(tmp_path):
    timed = time_sweep(1, 2, 1, tmp_path / "sweep")
    assert len(timed.began) == 2
    assert timed.wall > max(timed.ended) - min(timed.began) > sum(timed.trained)
    assert all(seconds > 0 for seconds in timed.fixed)
    assert time_alone(1, tmp_path / "alone") > 0


def test_what_fails_is_told(tmp_path):
    with pytest.raises(RunFailed, match="must be >= 1"):
        time_sweep(0, 2, 1, tmp_path)
