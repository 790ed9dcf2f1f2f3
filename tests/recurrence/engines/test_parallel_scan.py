from __future__ import annotations

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from rnnlab.recurrence.engines.parallel_scan import parallel_scan
from tests.recurrence.engines.scanning import one_after_the_other


@pytest.mark.parametrize("T", [*range(1, 18), 100, 257])
@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128], ids=str)
def test_it_is_a_scan(T: int, dtype: torch.dtype) -> None:
    a, b = torch.randn(2, T, 3, dtype=dtype), torch.randn(2, T, 3, dtype=dtype)
    a = a / a.abs().clamp(min=1)
    state = torch.randn(2, 3, dtype=dtype)
    expected = one_after_the_other(a, b, state)
    torch.testing.assert_close(parallel_scan(a, b, state), expected, atol=1e-10, rtol=1e-10)


def test_one_step_and_one_row_serve_all() -> None:
    a, b, state = torch.rand(1, 1, 3), torch.rand(2, 9, 3), torch.rand(2, 3)
    torch.testing.assert_close(parallel_scan(a, b, state), one_after_the_other(a, b, state))


def test_products_that_vanish_are_no_harm() -> None:
    a, b = torch.full((1, 3000, 1), 1e-3), torch.ones(1, 3000, 1)
    states = parallel_scan(a, b, torch.ones(1, 1))
    torch.testing.assert_close(states[0, 10:], torch.full((2990, 1), 1 / (1 - 1e-3)))


class _Counting(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.calls, self.elements = 0, 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        result = func(*args, **(kwargs or {}))
        if not func.is_view:
            self.calls += 1
            self.elements += result.numel()
        return result


def test_operations_grow_with_the_logarithm_of_the_steps_and_elements_with_the_steps() -> None:
    counts = {}
    for T in (64, 4096):
        a, b = torch.rand(1, T, 2), torch.rand(1, T, 2)
        with _Counting() as counting:
            parallel_scan(a, b, torch.zeros(1, 2))
        counts[T] = counting
    assert counts[4096].calls <= 2.2 * counts[64].calls
    assert counts[4096].elements <= 70 * counts[64].elements
