import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.data.scaler import Scaler


def values(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * 3 + 7


def test_it_is_the_mean_and_deviation_of_numpy() -> None:
    fitted = Scaler.fit(values(0, 5, 6, 3))
    flat = values(0, 5, 6, 3).numpy().astype(np.float64).reshape(-1, 3)
    np.testing.assert_allclose(fitted.mean, flat.mean(0), rtol=1e-12)
    np.testing.assert_allclose(fitted.std, flat.std(0), rtol=1e-12)


def test_what_it_was_fitted_on_becomes_standard() -> None:
    data = values(1, 200, 4)
    scaled = Scaler.fit(data).transform(data)
    torch.testing.assert_close(scaled.mean(0), torch.zeros(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(scaled.std(0, correction=0), torch.ones(4), atol=1e-5, rtol=0)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.integers(2, 20), st.integers(1, 4))
def test_inverse_undoes_transform(seed: int, rows: int, features: int) -> None:
    data = values(seed, rows, features).double()
    fitted = Scaler.fit(data)
    torch.testing.assert_close(fitted.inverse(fitted.transform(data)), data)


@pytest.mark.parametrize("constant", [0.1, 1 / 3, 1e9, 0.0])
@pytest.mark.parametrize("count", [3, 7, 1000])
def test_a_constant_feature_is_only_shifted(constant: float, count: int) -> None:
    # The mean of equal numbers is rounded: their computed deviation may exceed zero.
    equal = torch.full((count, 1), constant, dtype=torch.float64)
    fitted = Scaler.fit(equal)
    assert fitted.std == (1.0,)
    shifted = fitted.transform(equal[:1] + 1024)
    torch.testing.assert_close(shifted, torch.full_like(shifted, 1024))


def test_type_and_shape_are_kept() -> None:
    fitted = Scaler((1.0, 2.0), (1.0, 4.0))
    single = torch.ones(3, 5, 2)
    assert fitted.transform(single).dtype == torch.float32
    assert fitted.transform(single).shape == (3, 5, 2)
    assert fitted.inverse(single.double()).dtype == torch.float64
    assert fitted.transform(torch.tensor([3.0, 10.0])).tolist() == [2.0, 2.0]


def test_logarithms_are_taken_first_and_undone():
    values = torch.tensor([[1.0], [10.0], [100.0]], dtype=torch.float64)
    scaler = Scaler.fit(values, log=True)
    assert scaler.mean[0] == pytest.approx(math.log(10))
    assert torch.allclose(scaler.transform(values).mean(), torch.zeros((), dtype=torch.float64))
    assert torch.allclose(scaler.inverse(scaler.transform(values)), values)
