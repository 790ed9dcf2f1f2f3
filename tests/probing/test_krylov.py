from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rnnlab.probing.krylov import greatest_eigenvalue, greatest_singular_values

TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-4}


class Products:
    """Products with matrices, counted."""

    def __init__(self, J: Tensor) -> None:
        self.J, self.like, self.count = J, J[:, 0], 0

    def push(self, vectors: Tensor) -> Tensor:
        self.count += vectors.shape[1]
        return vectors @ self.J.mT

    def pull(self, vectors: Tensor) -> Tensor:
        self.count += vectors.shape[1]
        return vectors @ self.J


def normal(N: int, dtype: torch.dtype = torch.float64, R: int = 1, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(R, N, N, generator=generator, dtype=torch.float64) / N**0.5).to(dtype)


def check(J: Tensor, k: int) -> None:
    products, tolerance = Products(J), TOLERANCE[J.dtype]
    truth = np.linalg.svd(J.double().numpy(), compute_uv=False)
    scale = max(truth.max(), 1e-30)
    found = greatest_singular_values(products.push, products.pull, products.like, k)
    assert found.dtype == J.dtype
    np.testing.assert_allclose(found / scale, truth[:, :k] / scale, rtol=0, atol=tolerance)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_singular_values_are_those_of_numpy(data: st.DataObject) -> None:
    N = data.draw(st.integers(1, 40))
    k = data.draw(st.integers(1, N))
    dtype = data.draw(st.sampled_from(list(TOLERANCE)))
    J = normal(N, dtype, data.draw(st.integers(1, 3)), data.draw(st.integers(0, 9)))
    rank = data.draw(st.integers(0, N))
    J[-1, :, rank:] = 0
    check(J * 10.0 ** data.draw(st.integers(-6, 6)), k)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_the_spectral_radius_is_that_of_numpy(data: st.DataObject) -> None:
    N = data.draw(st.integers(1, 40))
    dtype = data.draw(st.sampled_from(list(TOLERANCE)))
    J = normal(N, dtype, data.draw(st.integers(1, 3)), data.draw(st.integers(0, 9)))
    J = J * 10.0 ** data.draw(st.integers(-6, 6))
    products = Products(J)
    truth = np.abs(np.linalg.eigvals(J.double().numpy())).max(-1)
    found = greatest_eigenvalue(products.push, products.like)
    np.testing.assert_allclose(found, truth, rtol=30 * TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", list(TOLERANCE))
@pytest.mark.parametrize("N", [150, 300])
def test_large_matrices_need_few_products(N: int, dtype: torch.dtype) -> None:
    J = normal(N, dtype, R=2)
    products = Products(J)
    truth = np.linalg.svd(J.double().numpy(), compute_uv=False)
    found = greatest_singular_values(products.push, products.pull, products.like, 3)
    np.testing.assert_allclose(found, truth[:, :3], rtol=3 * TOLERANCE[dtype])
    assert products.count < 2 * N
    products.count = 0
    radius = greatest_eigenvalue(products.push, products.like)
    truth = np.abs(np.linalg.eigvals(J.double().numpy())).max(-1)
    np.testing.assert_allclose(radius, truth, rtol=30 * TOLERANCE[dtype])
    assert products.count < N


def diagonal(*values: float) -> Callable[[], Tensor]:
    return lambda: torch.diag(torch.tensor(values, dtype=torch.float64))[None]


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.zeros(2, 12, 12, dtype=torch.float64),
        lambda: torch.eye(12, dtype=torch.float64).expand(2, -1, -1),
        diagonal(1, 1, 1, 0.5, 0.3, *[0.0] * 25),
        diagonal(-2, 2, 1, *[0.1] * 30),
        lambda: torch.ones(1, 20, 20, dtype=torch.float64),
    ],
    ids=["zero", "identity", "repeated", "opposite", "rank one"],
)
def test_values_that_coincide_are_found_as_often_as_they_are_there(
    make: Callable[[], Tensor],
) -> None:
    J = make()
    for k in (1, 3, 5):
        check(J, k)
    products = Products(J)
    truth = np.abs(np.linalg.eigvals(J.numpy())).max(-1)
    found = greatest_eigenvalue(products.push, products.like)
    np.testing.assert_allclose(found, truth, rtol=1e-9, atol=1e-12)


def test_a_rotation_has_a_pair_of_complex_eigenvalues() -> None:
    turn = torch.tensor([[0.6, -0.8], [0.8, 0.6]], dtype=torch.float64)
    J = torch.block_diag(1.5 * turn, 0.5 * turn, turn)[None]
    products = Products(J)
    assert greatest_eigenvalue(products.push, products.like).item() == pytest.approx(1.5)


def test_the_same_at_every_call() -> None:
    products = Products(normal(30, R=2))
    before = torch.get_rng_state()
    one, two = (greatest_eigenvalue(products.push, products.like) for _ in range(2))
    assert torch.equal(one, two)
    assert torch.equal(torch.get_rng_state(), before)
