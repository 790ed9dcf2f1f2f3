from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from rnnlab.recurrence.engines import scan_kernel
from rnnlab.recurrence.engines.affine_scan import scan


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget the kernel and its file for the time of a test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    scan_kernel.kernel.cache_clear()
    yield
    scan_kernel.kernel.cache_clear()


def _tensors(
    rows: int = 3, steps: int = 50, channels: int = 700, dtype: torch.dtype = torch.float32
) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(0)
    a = torch.rand(rows, steps, channels).to(dtype).requires_grad_()
    b = torch.randn(rows, steps, channels, dtype=dtype, requires_grad=True)
    return a, b, torch.randn(rows, channels, dtype=dtype, requires_grad=True)


def _found(
    tensors: tuple[torch.Tensor, ...], interpolate: bool = False
) -> tuple[torch.Tensor, ...]:
    states = scan(*tensors, interpolate=interpolate)
    cotangent = torch.linspace(-1, 1, states.numel()).reshape(states.shape).to(states.dtype)
    return states, *torch.autograd.grad(states, tensors, cotangent)


@pytest.mark.parametrize("dtype", scan_kernel.NUMBERS, ids=str)
@pytest.mark.parametrize("interpolate", [False, True])
def test_results_do_not_depend_on_the_number_of_threads(
    dtype: torch.dtype, interpolate: bool
) -> None:
    tensors = _tensors(dtype=dtype)
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 5):
            torch.set_num_threads(threads)
            found.append(_found(tensors, interpolate))
    finally:
        torch.set_num_threads(before)
    for other in found[1:]:
        assert all(torch.equal(x, y) for x, y in zip(found[0], other, strict=True))


@pytest.mark.parametrize("dtype", scan_kernel.NUMBERS, ids=str)
@pytest.mark.parametrize("interpolate", [False, True])
def test_every_dtype_is_computed_as_its_name_says(dtype: torch.dtype, interpolate: bool) -> None:
    tensors = _tensors(2, 9, 5, dtype)
    wide = torch.complex128 if dtype.is_complex else torch.float64
    exact = _found(tuple(x.detach().to(wide).requires_grad_() for x in tensors), interpolate)
    for one, other in zip(_found(tensors, interpolate), exact, strict=True):
        torch.testing.assert_close(one, other.to(dtype))


def test_lengths_that_no_row_can_have_write_nowhere_else() -> None:
    a, b, state = (x.detach() for x in _tensors(2, 3, 2))
    states = scan(a, b, state, lengths=torch.tensor([1000, -5]))
    torch.testing.assert_close(states[:1], scan(a[:1], b[:1], state[:1]))
    assert torch.equal(states[1], state[1].expand(3, 2))


def test_without_a_compiler_results_are_the_same_and_one_warning_says_so(
    fresh: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tensors = _tensors(2, 9, 5, torch.float64)
    expected = _found(tensors)
    assert caplog.records == []
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    scan_kernel.kernel.cache_clear()
    for _ in range(2):
        for one, other in zip(_found(tensors), expected, strict=True):
            torch.testing.assert_close(one, other, atol=1e-12, rtol=1e-12)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.name.startswith("rnnlab.")
    assert record.getMessage().endswith("there is no C++ compiler (CXX, c++, g++ or clang++)")


def test_a_source_that_is_refused_is_warned_of_too(
    fresh: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "broken.cpp"
    broken.write_text("this is no C++\n")
    monkeypatch.setattr(scan_kernel, "SOURCE", broken)
    assert scan_kernel.kernel() is None
    assert "refuses broken.cpp" in caplog.text


def test_nothing_is_compiled_before_it_is_needed(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    code = "import rnnlab.recurrence.engines.scan"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_can_use_it() -> None:
    tensors = _tensors(2, 9, 5)
    expected = _found(tensors)
    child = os.fork()
    if child == 0:
        same = all(torch.equal(x, y) for x, y in zip(_found(tensors), expected, strict=True))
        os._exit(0 if same else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_the_source_goes_along_in_the_package() -> None:
    assert scan_kernel.SOURCE.is_file()
    assert shutil.which("c++") is None or scan_kernel.kernel() is not None
