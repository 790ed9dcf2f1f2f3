from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from rnnlab.data.dataset import Part
from rnnlab.data.datasets.mackey_glass import MackeyGlass, integrate
from rnnlab.data.generation import PARTS, part_generator
from rnnlab.data.split import TensorSplit
from rnnlab.errors import ConfigError
from rnnlab.testing import DatasetContract


def part(dataset: MackeyGlass, name: Part) -> TensorSplit:
    split = dataset.split(name)
    assert isinstance(split, TensorSplit)
    return split


def method_of_steps(past: float, tau: int, intervals: int, substeps: int) -> np.ndarray:
    """The solution by scipy, one interval of length tau after the other, each an ordinary ODE."""
    times = np.arange(1, tau * substeps + 1) / substeps
    values: list[float] = [past]
    delayed: Callable[[float], Any] = partial(_constant, past)
    for _ in range(intervals):
        growth = partial(_growth, delayed)
        solution = solve_ivp(
            lambda t, x, growth=growth: growth(t) - 0.1 * x,
            (0, tau),
            values[-1:],
            method="DOP853",
            rtol=1e-12,
            atol=1e-13,
            dense_output=True,
        )
        values.extend(solution.sol(times)[0])
        delayed = solution.sol
    return np.array(values)


def _constant(past: float, t: float) -> float:
    return past


def _growth(delayed: Callable[[float], Any], t: float) -> Any:
    return 0.2 * delayed(t) / (1 + delayed(t) ** 10)


def test_the_first_interval_has_a_closed_form() -> None:
    past, tau = 1.2, 17
    values = np.array(integrate(past, tau, tau, 10))
    rest = 0.2 * past / (1 + past**10) / 0.1
    times = np.arange(len(values)) / 10

    assert values == pytest.approx(rest + (past - rest) * np.exp(-0.1 * times), abs=1e-9)


def test_later_intervals_against_scipy() -> None:
    truth = method_of_steps(1.2, 17, 4, 10)

    assert np.array(integrate(1.2, 17, 4 * 17, 10)) == pytest.approx(truth, abs=1e-6)


def test_the_order_of_the_method_is_four() -> None:
    truth = method_of_steps(0.9, 5, 3, 1)
    errors = [
        np.abs(np.array(integrate(0.9, 5, 15, substeps))[::substeps] - truth).max()
        for substeps in (2, 4, 8)
    ]

    assert errors[0] / errors[1] == pytest.approx(16, rel=0.5)
    assert errors[1] / errors[2] == pytest.approx(16, rel=0.5)


@pytest.mark.parametrize("horizon", [1, 6])
def test_windows_and_targets_are_pieces_of_one_series(horizon: int) -> None:
    settings = {"length": 300, "window": 20, "horizon": horizon, "stride": 5}
    synced = MackeyGlass(**settings)
    last = MackeyGlass(**settings, target="last")
    for name in PARTS:
        every, one = part(synced, name), part(last, name)
        assert torch.equal(every.input[1:, :15], every.input[:-1, 5:])
        assert torch.equal(every.target[:, : 20 - horizon], every.input[:, horizon:])
        assert torch.equal(one.input, every.input)
        assert torch.equal(one.target, every.target[:, -1])
    lengths = {name: len(part(synced, name)) for name in PARTS}
    shares = {"train": 240, "val": 30, "test": 30}
    assert lengths == {name: (shares[name] - 20 - horizon) // 5 + 1 for name in PARTS}


def test_parts_follow_one_another_and_the_scaler_is_of_the_first() -> None:
    dataset = MackeyGlass(length=200, window=1, stride=1, val_fraction=0.2, test_fraction=0.3)
    scaler = dataset.spec.input.scaler
    assert scaler is not None
    pieces = [
        scaler.inverse(torch.cat([part(dataset, name).input[:, 0], part(dataset, name).target[-1]]))
        for name in PARTS
    ]
    generator = part_generator(0, "train")
    past = 1.1 + 0.2 * torch.rand(1, generator=generator, dtype=torch.float64).item()
    series = np.array(integrate(past, 17, 1200, 10))[10_000::10][:200]

    assert [len(piece) for piece in pieces] == [100, 40, 60]
    assert torch.cat(pieces)[:, 0].numpy() == pytest.approx(series, abs=1e-5)
    assert scaler.mean[0] == pytest.approx(series[:100].mean())
    assert scaler.std[0] == pytest.approx(series[:100].std())


def test_only_one_step_ahead_at_every_step_can_generate() -> None:
    assert MackeyGlass(length=300, window=10).spec.next_step
    assert not MackeyGlass(length=300, window=10, horizon=2).spec.next_step
    assert not MackeyGlass(length=300, window=10, target="last").spec.aligned


def test_a_window_longer_than_a_part_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"dataset\.window=30: the shortest part has 30 steps"):
        MackeyGlass(length=300, window=30)


def test_a_mistyped_target_gets_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match=r"dataset\.target=lst: unknown; did you mean last\?"):
        MackeyGlass(target="lst")


def test_split_seed_decides_the_series_and_its_hash() -> None:
    first, again, other = (
        MackeyGlass(length=300, window=10, split_seed=seed) for seed in (1, 1, 2)
    )

    assert first.sha256() == again.sha256() != other.sha256()


class TestMackeyGlass(DatasetContract):
    other_values: ClassVar = {"length": 140}

    def make_dataset(self, **arguments: Any) -> MackeyGlass:
        return MackeyGlass(**{"length": 120, "window": 5, "stride": 2, **arguments})
