import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.data.scaler import Scaler
from rnnlab.data.windows import forecast_spec, forecast_split, split_by_time
from rnnlab.errors import ConfigError


def test_parts_follow_one_another_in_time() -> None:
    bounds = split_by_time(100, 0.2, 0.1)

    assert bounds == {"train": (0, 70), "val": (70, 90), "test": (90, 100)}


def test_nothing_left_to_train_on_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"dataset\.test_fraction=0\.6: .*nothing of 10 steps"):
        split_by_time(10, 0.4, 0.6)


@settings(deadline=None, max_examples=50)
@given(
    window=st.integers(1, 6),
    horizon=st.integers(1, 4),
    first=st.integers(0, 10),
    size=st.integers(10, 20),
)
def test_windows_against_slices(window: int, horizon: int, first: int, size: int) -> None:
    last = first + size
    values = torch.arange(40.0)[:, None] * torch.tensor([1.0, -1.0])
    targets = torch.arange(40.0)[:, None] + 0.5

    split = forecast_split(values, targets, window=window, horizon=horizon, first=first, last=last)

    starts = [t for t in range(40) if t >= max(first, window) and t + horizon <= last]
    assert len(split) == len(starts)
    for row, start in enumerate(starts):
        assert torch.equal(split.input[row], values[start - window : start])
        expected = targets[start : start + horizon]
        assert torch.equal(split.target[row], expected[0] if horizon == 1 else expected)


def test_a_part_without_a_single_example_is_refused() -> None:
    values = torch.zeros(30, 1)

    with pytest.raises(ConfigError, match=r"dataset\.window=20: steps 0 to 20 .* too few"):
        forecast_split(values, values, window=20, horizon=1, first=0, last=20)
    assert len(forecast_split(values, values, window=20, horizon=1, first=0, last=21)) == 1


def test_the_target_is_a_sequence_only_beyond_one_step() -> None:
    two, one = Scaler((0.0, 0.0), (1.0, 1.0)), Scaler((3.0,), (2.0,))

    near = forecast_spec(two, one, horizon=1, input_name="x", target_name="y")
    far = forecast_spec(two, one, horizon=5, input_name="x", target_name="y")

    assert (near.input.size, near.target.size, near.target.sequence) == (2, 1, False)
    assert (far.target.sequence, far.target.max_length, far.target.scaler) == (True, 5, one)
