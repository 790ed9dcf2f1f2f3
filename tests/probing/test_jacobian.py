from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.cells import LSTM
from rnnlab.errors import ConfigError
from rnnlab.probing import jacobian, linearised, steps
from rnnlab.probing.jacobian import jacobian_matrices, step_jacobians
from rnnlab.probing.precision import in_double
from rnnlab.recurrence import tree
from tests.probing.running import MAKERS, by_differences, drawn, jacobian_of, made, trace_of
from tests.probing.toy_cells import Elementwise, Linear

CELLS = list(MAKERS)
NAMES = {
    "lstm": ("h", "c"),
    "nested": ("flat", "fast.matrix", "fast.turning"),
}


@pytest.mark.parametrize("name", CELLS)
def test_it_is_that_of_torch_and_of_finite_differences(name: str) -> None:
    cell = made(name)
    trace = trace_of(cell, drawn(cell, 2, 3))
    found = jacobian_matrices(trace)
    for b in range(2):
        for t in range(3):
            torch.testing.assert_close(found[b, t], jacobian_of(trace, b, t), rtol=0, atol=1e-12)
            torch.testing.assert_close(found[b, t], by_differences(trace, b, t), rtol=0, atol=1e-8)


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_measures_are_those_of_numpy(data: st.DataObject) -> None:
    cell = made(data.draw(st.sampled_from(CELLS)), seed=data.draw(st.integers(0, 9)))
    B, T = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 4))
    lengths = data.draw(st.lists(st.integers(0, T), min_size=B, max_size=B).filter(any))
    reset = torch.tensor(data.draw(st.lists(st.booleans(), min_size=B * T, max_size=B * T)))
    reset = reset.reshape(B, T) if data.draw(st.booleans()) else None
    reverse = data.draw(st.booleans())
    trace = trace_of(cell, drawn(cell, B, T), lengths, reset, reverse=reverse)
    # What stands in the padding is nobody's business.
    steps_ = torch.arange(T)[None] < torch.tensor(lengths)[:, None]
    for leaf in [trace.z]:
        leaf[~steps_] = torch.nan
    formed = data.draw(st.booleans())
    with pytest.MonkeyPatch.context() as patch:
        if not formed:
            patch.setattr(jacobian, "FORMED", 0)
            patch.setattr(steps, "NUMBERS", data.draw(st.sampled_from([1, 500, 2**24])))
            patch.setattr(linearised, "ROWS", data.draw(st.sampled_from([1, 7, 4096])))
        N = jacobian_matrices(trace).shape[-1]
        found = step_jacobians(trace, values=N)
    assert found.formed == formed
    assert found.values.shape == (B, T, N)
    assert found.values.dtype == torch.float64
    resets = 0
    for b in range(B):
        for t in range(T):
            away = trace.reset is not None and bool(trace.reset[b, t])
            if t >= lengths[b] or away:
                resets += t < lengths[b]
                assert found.values[b, t].isnan().all()
                assert found.radii[b, t].isnan()
                continue
            J = jacobian_of(trace, b, t).numpy()
            truth = np.linalg.svd(J, compute_uv=False)
            np.testing.assert_allclose(found.values[b, t], truth, rtol=1e-6, atol=1e-9)
            assert found.norms[b, t].item() == pytest.approx(np.linalg.norm(J, 2), abs=1e-9)
            radius = np.abs(np.linalg.eigvals(J)).max()
            # Defective eigenvalues are only found to the root of the precision, by anybody.
            assert found.radii[b, t].item() == pytest.approx(radius, abs=1e-6)
    assert found.resets == resets


@pytest.mark.parametrize("name", list(NAMES))
def test_one_tensor_of_the_state_with_the_others_held(name: str) -> None:
    cell = made(name)
    trace = trace_of(cell, drawn(cell, 2, 3))
    assert trace.names == NAMES[name]
    whole = jacobian_matrices(trace)
    assert step_jacobians(trace).states == trace.names
    first = 0
    for leaf in trace.names:
        block = jacobian_matrices(trace, leaf)
        after = first + block.shape[-1]
        torch.testing.assert_close(block, whole[..., first:after, first:after])
        found = step_jacobians(trace, leaf)
        assert found.states == (leaf,)
        assert found.size == after - first
        torch.testing.assert_close(found.norms, torch.linalg.matrix_norm(block, 2))
        first = after
    assert first == whole.shape[-1]


@pytest.mark.parametrize("formed", [True, False])
def test_a_linear_recurrence_has_the_weights_themselves(
    formed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    W = torch.randn(30, 30, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    cell = Linear(W)
    if not formed:
        monkeypatch.setattr(jacobian, "FORMED", 0)
    found = step_jacobians(trace_of(cell, drawn(cell, 2, 3)), values=5)
    truth = np.linalg.svd(W.numpy(), compute_uv=False)[:5]
    radius = np.abs(np.linalg.eigvals(W.numpy())).max()
    assert found.formed is formed
    assert found.values.shape == (2, 3, 5)
    np.testing.assert_allclose(found.values, np.broadcast_to(truth, (2, 3, 5)), rtol=1e-9)
    np.testing.assert_allclose(found.radii, np.full((2, 3), radius), rtol=1e-6)


def test_a_large_state_is_measured_by_products_of_bounded_size() -> None:
    class Spied(Elementwise):
        most = 0

        def step(self, z: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
            type(self).most = max(self.most, len(z))
            return super().step(z, state)

    torch.manual_seed(0)
    N = 520
    cell = Spied(torch.randn(N, N, dtype=torch.float64) / N**0.5)
    trace = trace_of(cell, drawn(cell, 1, 2))
    found = step_jacobians(trace, radius=False)
    assert not found.formed
    assert found.radii is None
    assert found.values.shape == (1, 2, 8)
    assert Spied.most < N  # the identity never went through it
    radii = step_jacobians(trace, values=1).radii
    for t in range(2):
        gain = 1 - trace.states[0, t] ** 2
        J = (gain[:, None] * cell.weight).detach().numpy()
        truth = np.linalg.svd(J, compute_uv=False)[:8]
        np.testing.assert_allclose(found.values[0, t], truth, rtol=1e-6)
        assert radii[0, t].item() == pytest.approx(np.abs(np.linalg.eigvals(J)).max(), rel=1e-5)


@pytest.mark.parametrize("formed", [True, False])
def test_what_is_not_finite_is_not_a_number_and_spoils_nothing_else(
    formed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not formed:
        monkeypatch.setattr(jacobian, "FORMED", 0)
    cell = made("gru")
    x = drawn(cell, 3, 4)
    x[1] = torch.nan
    found = step_jacobians(trace_of(cell, x))
    assert found.norms[1].isnan().all()
    assert found.radii[1].isnan().all()
    others = step_jacobians(trace_of(cell, x[[0, 2]]))
    torch.testing.assert_close(found.values[[0, 2]], others.values)
    torch.testing.assert_close(found.radii[[0, 2]], others.radii)
    assert step_jacobians(trace_of(cell, x[1:2])).norms.isnan().all()


def test_the_first_sequences_alone() -> None:
    cell = made("lstm")
    trace = trace_of(cell, drawn(cell, 4, 3), [3, 1, 2, 3])
    found = step_jacobians(trace, sequences=2)
    assert found.norms.shape == (2, 3)
    torch.testing.assert_close(found.norms, step_jacobians(trace).norms[:2], equal_nan=True)
    assert jacobian_matrices(trace, sequences=9).shape == (4, 3, 8, 8)


def test_a_state_that_is_passed_in_is_where_the_first_step_starts() -> None:
    cell = made("lstm")
    state = (torch.randn(2, 4).double(), torch.randn(2, 4).double())
    trace = trace_of(cell, drawn(cell, 2, 2), state=state)
    torch.testing.assert_close(jacobian_matrices(trace)[1, 0], jacobian_of(trace, 1, 0))
    elsewhere = jacobian_matrices(trace_of(cell, drawn(cell, 2, 2)))
    assert not torch.allclose(jacobian_matrices(trace)[1, 0], elsewhere[1, 0])


def test_nothing_passes_a_reset() -> None:
    cell = made("gru")
    reset = torch.tensor([[False, True, False], [True, True, True]])
    trace = trace_of(cell, drawn(cell, 2, 3), [3, 2], reset)
    matrices = jacobian_matrices(trace)
    assert (matrices[0, 1] == 0).all()
    assert (matrices[1, :2] == 0).all()
    assert matrices[1, 2].isnan().all()
    found = step_jacobians(trace)
    assert found.resets == 3
    assert found.norms.isnan().tolist() == [[False, True, False], [True, True, True]]


def test_it_leaves_no_trace() -> None:
    cell = made("lstm")
    trace = trace_of(cell, drawn(cell, 2, 3))
    cell.input.weight.grad = torch.ones_like(cell.input.weight)
    before = torch.get_rng_state()
    found = step_jacobians(trace)
    assert torch.equal(torch.get_rng_state(), before)
    assert not found.values.requires_grad
    assert (cell.input.weight.grad == 1).all()
    assert cell.recurrent.weight.grad is None


@pytest.mark.parametrize("name", ["lstm", "nested", "reverse only"])
def test_in_inference_mode_as_a_validation_loop_is(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jacobian, "FORMED", 0)
    cell = made(name)
    expected = step_jacobians(trace_of(cell, drawn(cell, 2, 3)))
    with torch.inference_mode():
        found = step_jacobians(trace_of(cell, drawn(cell, 2, 3)))
    torch.testing.assert_close(found.values, expected.values)


@pytest.mark.parametrize("name", ["gru", "nested"])
def test_float32_to_six_digits_and_float64_at_the_same_states(name: str) -> None:
    cell = made(name).float()
    trace = trace_of(cell, drawn(cell, 2, 3))
    single, double = step_jacobians(trace), step_jacobians(in_double(trace))
    torch.testing.assert_close(single.values, double.values, rtol=1e-4, atol=1e-5)
    assert not torch.equal(single.values, double.values)
    torch.testing.assert_close(
        jacobian_matrices(in_double(trace))[0, 2], jacobian_of(in_double(trace), 0, 2)
    )
    assert next(cell.parameters()).dtype == torch.float32


def test_everything_in_float64_but_counts() -> None:
    cell = made("nested").float()
    cell.turn = torch.nn.Parameter(torch.tensor([1 + 2j]))
    cell.register_buffer("seen", torch.tensor(3))
    trace = in_double(trace_of(cell, drawn(cell, 2, 3)))
    wanted = [torch.float64, torch.float64, torch.complex128, torch.int64]
    assert [leaf.dtype for leaf in tree.leaves(trace.states)] == wanted
    assert [leaf.dtype for leaf in tree.leaves(trace.initial)] == wanted
    assert [added.dtype for added in trace.zeros] == wanted[:3]
    assert trace.z.dtype == torch.float64
    assert trace.cell.turn.dtype == torch.complex128
    assert trace.cell.turn.item() == 1 + 2j
    assert trace.cell.seen.dtype == torch.int64
    assert cell.turn.dtype == torch.complex64


def test_what_cannot_be_measured_is_said() -> None:
    cell = LSTM(3, 4)
    trace = trace_of(cell, drawn(cell, 2, 3))
    with pytest.raises(ConfigError, match=r"^state=hidden: unknown; valid: h, c$"):
        step_jacobians(trace, "hidden")
    with pytest.raises(ConfigError, match=r"^values=9: must be from 1 to 8"):
        step_jacobians(trace, values=9)
    with pytest.raises(ConfigError, match=r"^sequences=0: must be at least 1"):
        jacobian_matrices(trace, sequences=0)
    with pytest.raises(ValueError, match="no valid step"):
        step_jacobians(trace_of(cell, drawn(cell, 2, 3), [0, 0]))
