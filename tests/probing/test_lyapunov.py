from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from rnnlab.cells import GRU, Cell, Jordan
from rnnlab.errors import ConfigError
from rnnlab.probing.lyapunov import autonomous_lyapunov_exponents, lyapunov_exponents
from rnnlab.probing.precision import in_double
from tests.probing.running import MAKERS, drawn, jacobian_of, made, trace_of
from tests.probing.toy_cells import Elementwise, Forgetful, Linear


def orthogonal(N: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.linalg.qr(torch.randn(N, N, generator=generator, dtype=torch.float64)).Q


def gaussian(N: int, gain: float, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return gain * torch.randn(N, N, generator=generator, dtype=torch.float64) / N**0.5


def rotation(radius: float, turns: float) -> Tensor:
    """Return the block of a pair of complex eigenvalues."""
    c, s = math.cos(2 * math.pi * turns), math.sin(2 * math.pi * turns)
    return radius * torch.tensor([[c, -s], [s, c]], dtype=torch.float64)


def numbers(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


REAL = numbers(1.3, -1.05, 0.9, 0.6, -0.35, 0.1)
MIXED = torch.block_diag(rotation(1.2, 0.15), numbers(0.8)[None], rotation(0.5, 0.3))
MIXED_RADII = numbers(1.2, 1.2, 0.8, 0.5, 0.5)


def is_normal(W: Tensor) -> bool:
    return torch.allclose(W @ W.mT, W.mT @ W)


def normal_and_non_normal() -> list[tuple[Tensor, Tensor]]:
    """Return weights with known eigenvalues, and their absolute values."""
    Q = orthogonal(6)
    symmetric = Q @ torch.diag(REAL) @ Q.mT
    turning = orthogonal(5) @ MIXED @ orthogonal(5).mT
    skew = torch.eye(6, dtype=torch.float64) + 0.5 * gaussian(6, 1.0, seed=1)
    slanted = skew @ torch.diag(REAL) @ torch.linalg.inv(skew)
    triangular = torch.diag(REAL) + torch.triu(2 * gaussian(6, 1.0, seed=2), 1)
    shear = torch.eye(5, dtype=torch.float64) + torch.triu(gaussian(5, 1.0, seed=3), 1)
    bent = shear @ MIXED @ torch.linalg.inv(shear)
    return [
        (symmetric, REAL.abs()),
        (turning, MIXED_RADII),
        (slanted, REAL.abs()),
        (triangular, REAL.abs()),
        (bent, MIXED_RADII),
    ]


KINDS = ["symmetric", "turning", "slanted", "triangular", "bent"]


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_linear_recurrence_they_are_the_logarithms_of_its_eigenvalues(kind: str) -> None:
    W, radii = normal_and_non_normal()[KINDS.index(kind)]
    assert is_normal(W) == (kind in KINDS[:2])
    cell = Linear(W)
    truth = radii.log()
    # An ellipse that is not round turns by 0.15 and 0.3 of a turn: 20 steps bring it back.
    found = autonomous_lyapunov_exponents(cell, 600, warm_up=400)
    torch.testing.assert_close(found.exponents, truth, rtol=0, atol=1e-6)
    trace = trace_of(cell, drawn(cell, 3, 600), [600, 0, 460])
    found = lyapunov_exponents(trace, warm_up=400)
    torch.testing.assert_close(found.exponents, truth, rtol=0, atol=1e-6)
    torch.testing.assert_close(found.sequences[0], truth, rtol=0, atol=1e-6)
    torch.testing.assert_close(found.sequences[2], truth, rtol=0, atol=1e-6)
    assert found.sequences[1].isnan().all()
    assert found.steps.tolist() == [200, 0, 60]
    assert found.size == len(radii)
    assert (found.errors < 1e-6).all()
    greatest = lyapunov_exponents(trace, 3, warm_up=400, every=2)
    torch.testing.assert_close(greatest.exponents, truth[:3], rtol=0, atol=1e-6)


def test_the_greatest_is_found_wherever_it_is() -> None:
    slow_first = Linear(torch.diag(numbers(0.1, 0.5, 0.2, 0.9)))
    found = autonomous_lyapunov_exponents(slow_first, 110, 2, warm_up=100)
    torch.testing.assert_close(found.exponents, numbers(0.9, 0.5).log(), rtol=0, atol=1e-6)


def test_after_a_reset_the_vectors_warm_up_anew() -> None:
    cell = made("gru")
    reset = torch.tensor([[False, False, False, True, False, False], [False] * 6])
    trace = trace_of(cell, drawn(cell, 2, 6), reset=reset)
    assert lyapunov_exponents(trace).steps.tolist() == [5, 6]
    assert lyapunov_exponents(trace, warm_up=1).steps.tolist() == [3, 5]
    assert lyapunov_exponents(trace, warm_up=2, every=4).steps.tolist() == [1, 4]


def test_without_a_warm_up_they_come_near() -> None:
    W, radii = normal_and_non_normal()[2]
    found = autonomous_lyapunov_exponents(Linear(W), 2000)
    torch.testing.assert_close(found.exponents, radii.log(), rtol=0, atol=5e-3)


@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_their_sum_is_the_logarithm_of_the_determinant(data: st.DataObject) -> None:
    """This holds for every number of steps, so it tells exactly which steps are counted."""
    names = [name for name in MAKERS if name not in ("relu", "forgetful")]
    cell = made(data.draw(st.sampled_from(names)), seed=data.draw(st.integers(0, 9)))
    B, T = data.draw(st.integers(1, 3)), data.draw(st.sampled_from([7, 5, 3, 1]))
    lengths = [
        T - short for short in data.draw(st.lists(st.integers(0, T), min_size=B, max_size=B))
    ]
    lengths[0] = max(lengths[0], 1)
    # One reset of each row, or none.
    places = data.draw(st.lists(st.integers(-1, T - 1), min_size=B, max_size=B))
    reset = torch.arange(T) == torch.tensor(places)[:, None]
    trace = trace_of(
        cell,
        drawn(cell, B, T),
        lengths,
        reset if data.draw(st.booleans()) else None,
        reverse=data.draw(st.booleans()),
    )
    trace.z[~(torch.arange(T)[None] < torch.tensor(lengths)[:, None])] = torch.nan
    warm_up, every = data.draw(st.integers(0, 2)), data.draw(st.integers(1, 3))
    totals, counts = np.zeros(B), np.zeros(B)
    for b in range(B):
        age = 0
        for t in range(lengths[b]):
            if trace.reset is not None and trace.reset[b, t]:
                age = 0
                continue
            age += 1
            if age > warm_up:
                J = jacobian_of(trace, b, t).numpy()
                totals[b] += np.linalg.slogdet(J).logabsdet
                counts[b] += 1
    if not counts.any():
        with pytest.raises(ConfigError, match="leaves no step to count"):
            lyapunov_exponents(trace, warm_up=warm_up, every=every)
        return
    found = lyapunov_exponents(trace, warm_up=warm_up, every=every)
    assert found.steps.tolist() == counts.tolist()
    assert found.exponents.sum().item() == pytest.approx(totals.sum() / counts.sum(), abs=1e-5)
    assert (found.exponents.diff() <= 0).all()
    for b in range(B):
        if counts[b]:
            mean = totals[b] / counts[b]
            assert found.sequences[b].sum().item() == pytest.approx(mean, abs=1e-5)
        else:
            assert found.sequences[b].isnan().all()


@pytest.mark.parametrize("name", ["rnn", "gru", "lstm", "nested", "decaying"])
def test_of_a_driven_cell_they_are_those_of_the_product_of_its_jacobians(name: str) -> None:
    cell = made(name)
    T = 40
    trace = trace_of(cell, drawn(cell, 1, T))
    found = lyapunov_exponents(trace)
    # Singular values of the product by QR of every factor, in numpy, from the axes.
    product, logs = np.eye(found.size), np.zeros(found.size)
    for t in range(T):
        product, R = np.linalg.qr(jacobian_of(trace, 0, t).numpy() @ product)
        logs += np.log(np.abs(np.diag(R)))
    # Both are within a constant over T of the limit.
    np.testing.assert_allclose(found.exponents, np.sort(logs / T)[::-1], atol=0.1)
    assert found.exponents.sum().item() == pytest.approx(logs.sum() / T, abs=1e-9)


class Map(Cell[Tensor]):
    """A map that is studied for its chaos; the input is left out."""

    input_size = 1

    def __init__(self, units: int, start: Tensor) -> None:
        super().__init__()
        self.output_size, self.start = units, nn.Parameter(start)

    def init_state(self, batch_size: int) -> Tensor:
        return self.start.expand(batch_size, -1).clone()


class Henon(Map):
    """Of Hénon 1976: exponents 0.41922 and ln 0.3 less that."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        x, y = state.unbind(-1)
        return torch.stack([1 - 1.4 * x * x + y, 0.3 * x], -1)


class Logistic(Map):
    """x' = 4 x (1 - x), whose exponent is ln 2."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        return 4 * state * (1 - state)


def test_of_chaotic_maps_they_are_those_of_the_literature() -> None:
    logistic = Logistic(1, numbers(0.3))
    starts = torch.linspace(0.11, 0.83, 64, dtype=torch.float64)[:, None]
    found = autonomous_lyapunov_exponents(logistic, 600, initial=starts, warm_up=100)
    assert found.exponents.item() == pytest.approx(math.log(2), abs=2e-3)
    henon = Henon(2, numbers(0, 0))
    starts = torch.linspace(-0.1, 0.1, 128, dtype=torch.float64)[:, None].repeat(1, 2)
    found = autonomous_lyapunov_exponents(henon, 900, initial=starts, warm_up=100)
    assert found.exponents[0].item() == pytest.approx(0.41922, abs=3e-3)
    assert found.exponents.sum().item() == pytest.approx(math.log(0.3), abs=1e-12)
    # Of equal lengths the standard error is the one of every textbook, and it is honest.
    textbook = found.sequences.std(0) / 128**0.5
    torch.testing.assert_close(found.errors, textbook)
    assert abs(found.exponents[0] - 0.41922) < 4 * found.errors[0]


def test_longer_sequences_weigh_more() -> None:
    cell = made("gru")
    trace = trace_of(cell, drawn(cell, 3, 30), [30, 5, 0])
    found = lyapunov_exponents(trace)
    mean = (30 * found.sequences[0] + 5 * found.sequences[1]) / 35
    torch.testing.assert_close(found.exponents, mean)
    alone = lyapunov_exponents(trace, sequences=1)
    assert alone.errors.isnan().all()
    assert alone.sequences.shape == (1, 4)
    assert not found.errors.isnan().any()


@pytest.mark.parametrize("gain", [0.3, 0.9])
def test_a_silent_random_network_has_the_logarithm_of_its_spectral_radius(gain: float) -> None:
    for N in (1, 5, 40):
        W = gaussian(N, gain)
        sizes = np.sort(np.abs(np.linalg.eigvals(W.numpy())))[::-1]
        # A pair of complex eigenvalues shares its growth unevenly, but not the area.
        pair = 2 if N > 1 and sizes[0] == pytest.approx(sizes[1], rel=1e-9) else 1
        found = autonomous_lyapunov_exponents(Elementwise(W), 1010, pair, warm_up=1000)
        assert found.exponents.mean().item() == pytest.approx(math.log(sizes[0]), abs=1e-6)


def test_of_silent_random_networks_the_greatest_tends_to_the_logarithm_of_the_gain() -> None:
    gain = 0.7
    away = []
    for N in (16, 64, 256):
        greatest = [
            autonomous_lyapunov_exponents(
                Elementwise(gaussian(N, gain, seed)), 200, 2, warm_up=150
            ).exponents.mean()
            for seed in range(5)
        ]
        away.append(float((torch.stack(greatest) - math.log(gain)).abs().mean()))
    assert away[0] > away[1] > away[2]
    assert away[2] < 0.05


def test_above_a_gain_of_one_a_silent_random_network_is_chaotic() -> None:
    cell = Elementwise(gaussian(150, 2.0))
    start = 0.5 * torch.randn(2, 150, dtype=torch.float64)
    found = autonomous_lyapunov_exponents(cell, 300, 1, initial=start, warm_up=100)
    # Below that of the fixed point at zero, ln 2, for units saturate.
    assert 0 < found.exponents.item() < math.log(2)


def test_directions_that_die_have_minus_infinity() -> None:
    torch.manual_seed(0)
    jordan = Jordan(3, hidden_size=2, output_size=5).double()
    found = lyapunov_exponents(trace_of(jordan, drawn(jordan, 2, 12)))
    assert found.exponents.isfinite().tolist() == [True, True, False, False, False]
    assert (found.exponents[2:] == -torch.inf).all()
    assert found.errors.isnan().tolist() == [False, False, True, True, True]
    forgetful = Forgetful()
    found = lyapunov_exponents(trace_of(forgetful, drawn(forgetful, 1, 4)))
    assert (found.exponents == -torch.inf).all()


def test_what_is_not_finite_is_not_a_number() -> None:
    cell = made("gru")
    x = drawn(cell, 2, 4)
    x[1, 2] = torch.nan
    found = lyapunov_exponents(trace_of(cell, x))
    assert found.sequences[0].isfinite().all()
    assert found.sequences[1].isnan().all()
    assert found.exponents.isnan().all()


def test_a_constant_input_for_each_row() -> None:
    cell = made("rnn")
    x = torch.stack([torch.zeros(3), torch.full((3,), 3.0)]).double()
    found = autonomous_lyapunov_exponents(cell, 60, x=x, warm_up=30)
    for b in range(2):
        alone = autonomous_lyapunov_exponents(cell, 60, x=x[b], warm_up=30)
        driven = lyapunov_exponents(trace_of(cell, x[b].expand(1, 60, 3)), warm_up=30)
        torch.testing.assert_close(alone.exponents, driven.exponents)
        torch.testing.assert_close(found.sequences[b].sum(), alone.exponents.sum())
    assert (found.sequences[0] > found.sequences[1]).all()  # the second is saturated
    silent = autonomous_lyapunov_exponents(cell, 60, warm_up=30)
    assert silent.exponents.sum() == pytest.approx(found.sequences[0].sum().item())


def test_it_goes_on_from_the_states_at_the_end_of_sequences() -> None:
    cell = made("lstm")
    trace = trace_of(cell, drawn(cell, 3, 7))
    end = tuple(leaf[:, -1] for leaf in trace.states)
    found = autonomous_lyapunov_exponents(cell, 5, initial=end)
    z = torch.zeros(3, 5, 3, dtype=torch.float64)
    driven = lyapunov_exponents(trace_of(cell, z, state=end))
    torch.testing.assert_close(found.sequences, driven.sequences)


def test_only_some_of_a_large_state() -> None:
    cell = GRU(2, 130)
    trace = trace_of(cell, drawn(cell, 1, 3))
    assert lyapunov_exponents(trace).exponents.shape == (16,)
    few = lyapunov_exponents(in_double(trace), 2)
    assert few.exponents.shape == (2,)
    torch.testing.assert_close(
        few.exponents, lyapunov_exponents(trace, 2).exponents, rtol=1e-3, atol=1e-4
    )


def test_it_leaves_no_trace() -> None:
    cell = made("lstm")
    before = torch.get_rng_state()
    found = lyapunov_exponents(trace_of(cell, drawn(cell, 2, 3)))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(parameter.grad is None for parameter in cell.parameters())
    assert not found.exponents.requires_grad


def test_what_cannot_be_measured_is_said() -> None:
    cell = made("gru")
    trace = trace_of(cell, drawn(cell, 2, 5), [5, 3])
    with pytest.raises(ConfigError, match=r"^k=5: must be from 1 to 4"):
        lyapunov_exponents(trace, 5)
    with pytest.raises(ConfigError, match=r"^every=0: must be at least 1"):
        lyapunov_exponents(trace, every=0)
    with pytest.raises(ConfigError, match=r"^warm_up=-1: must be at least 0"):
        lyapunov_exponents(trace, warm_up=-1)
    with pytest.raises(ConfigError, match=r"^warm_up=5: leaves no step .* the longest .* has 5$"):
        lyapunov_exponents(trace, warm_up=5)
    with pytest.raises(ConfigError, match=r"^steps=0: must be at least 1"):
        autonomous_lyapunov_exponents(cell, 0)
    with pytest.raises(ValueError, match="no valid step"):
        lyapunov_exponents(trace_of(cell, drawn(cell, 1, 5), [0]))
    with pytest.raises(ValueError, match=r"x must be \(3,\) or \(B, 3\), got \(4,\)"):
        autonomous_lyapunov_exponents(cell, 3, x=torch.zeros(4))
    with pytest.raises(ValueError, match="x has 2 rows where the initial state has 3"):
        start = cell.init_state(3)
        autonomous_lyapunov_exponents(cell, 3, x=torch.zeros(2, 3), initial=start)
