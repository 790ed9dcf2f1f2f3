import pytest
import torch

from rnnlab.baselines.seasonal_naive import SeasonalNaive
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.errors import ConfigError

PAST = Field("reals", 1, sequence=True)


def fitted(given, season_length: int | None, *, horizon: int, aligned: bool = False):
    baseline = SeasonalNaive()
    spec = DataSpec(PAST, Field("reals", 1, sequence=horizon > 1), aligned=aligned)
    split = TensorSplit(torch.zeros(1, 1, 1), torch.zeros(1, 1))
    baseline.fit(given(spec, split, season_length=season_length))
    return baseline


@pytest.mark.parametrize("season_length", [1, 3, 4, 7])
@pytest.mark.parametrize("horizon", [1, 2, 9])
@pytest.mark.parametrize("lengths", [None, [7, 10]])
def test_each_step_is_answered_by_the_last_one_of_its_season(
    given, season_length: int, horizon: int, lengths: list[int] | None
) -> None:
    series = torch.arange(20.0).reshape(2, 10, 1)
    target = torch.zeros(2, horizon, 1) if horizon > 1 else torch.zeros(2, 1)
    batch = Batch(series, target, None if lengths is None else torch.tensor(lengths))

    output = fitted(given, season_length, horizon=horizon).output(batch)

    assert output.values is not None
    expected = []
    for row, length in enumerate(lengths or [10, 10]):
        known = series[row, :length, 0].tolist()
        for _ in range(horizon):  # what is foretold becomes known, and so repeats for ever
            known.append(known[-season_length])
        expected.append(known[length:])
    assert output.values.reshape(2, horizon).tolist() == expected
    assert (output.sequence is output.values) == (horizon > 1)


def test_an_input_shorter_than_a_season_is_refused(given) -> None:
    batch = Batch(torch.zeros(2, 5, 1), torch.zeros(2, 1), torch.tensor([5, 3]))

    with pytest.raises(ConfigError, match="inputs of at least a season, 4 steps"):
        fitted(given, 4, horizon=1).output(batch)


def test_no_season_and_no_window_are_refused(given) -> None:
    with pytest.raises(ConfigError, match="needs the length of a season"):
        fitted(given, None, horizon=1)
    with pytest.raises(ConfigError, match="needs the length of a season"):
        fitted(given, 4, horizon=2, aligned=True)
