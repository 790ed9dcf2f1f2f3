from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
import torch
from torch import Tensor
from torch._dynamo.utils import counters

from rnnlab.recurrence.engines.compiled import chunks as module
from rnnlab.recurrence.engines.compiled.chunks import Chunks
from rnnlab.recurrence.engines.compiled.chunks_inductor import CompiledChunk
from rnnlab.recurrence.engines.compiled.failure import CompileFailed
from rnnlab.recurrence.engines.compiled.interpreted import Interpreted
from rnnlab.recurrence.engines.compiled.program import StepProgram
from tests.recurrence.engines.compiled.hand_split import (
    Case,
    Split,
    case,
    elman,
    gradients_of_states,
    gru,
    lstm,
    program,
    run,
    tree,
)

H, K = 3, 2


@cache
def made(make: Callable[[int], Split]) -> tuple[Split, StepProgram, Chunks]:
    split = make(H)
    step = program(split)
    return split, step, Chunks(step, steps=K)


def compare(make: Callable[[int], Split], numbers: Case, T: int, B: int) -> None:
    split, step, chunks = made(make)
    gradients = gradients_of_states(split, T, B)
    (_, own, *own_lists), (_, reference, *lists) = (
        run(lowering, step, numbers, list(gradients)) for lowering in (chunks, Interpreted(step))
    )
    torch.testing.assert_close(own_lists, lists, rtol=0, atol=1e-10)
    torch.testing.assert_close(own.deferred, reference.deferred, rtol=0, atol=1e-10)
    for mine, other in zip(own.following, reference.following, strict=True):
        assert (mine is None) == (other is None)
    assert all(leaf.is_contiguous() for leaf in [*own.deferred, *own_lists[0]])


@pytest.mark.parametrize("make", [elman, lstm])
@pytest.mark.parametrize("B", [4, 1])
def test_whole_chunks_need_no_mask(make: Callable[[int], Split], B: int) -> None:
    compare(make, case(made(make)[0], 6, B), 6, B)


@pytest.mark.parametrize("make", [gru, lstm, tree])
@pytest.mark.parametrize(("T", "B"), [(7, 4), (1, 2), (3, 1)])
@pytest.mark.parametrize(("lengths", "resets"), [(True, True), (True, False), (False, True)])
def test_masks(make: Callable[[int], Split], T: int, B: int, lengths: bool, resets: bool) -> None:
    compare(make, case(made(make)[0], T, B, lengths=lengths, resets=resets), T, B)


def test_a_tail_is_padded() -> None:
    compare(gru, case(made(gru)[0], 5, 2), 5, 2)


def test_one_compile_serves_all_shapes() -> None:
    split, _, chunks = made(lstm)
    compare(lstm, case(split, 6, 4), 6, 4)
    compare(lstm, case(split, 5, 4), 5, 4)
    before = dict(counters["inductor"])
    for T, B in [(3, 2), (6, 1), (2, 9), (13, 300)]:
        compare(lstm, case(split, T, B), T, B)
        compare(lstm, case(split, T, B, lengths=True), T, B)
    assert dict(counters["inductor"]) == before
    assert len(chunks.compiled) == 4  # two directions, with masks and without
    assert all(len(compiled) == 1 for compiled in chunks.compiled.values())


def test_any_strides() -> None:
    split, _, _ = made(lstm)
    numbers = case(split, 6, 4)
    numbers.z = [leaf.transpose(0, 1).contiguous().transpose(0, 1) for leaf in numbers.z]
    numbers.state = [leaf.T.contiguous().T for leaf in numbers.state]
    compare(lstm, numbers, 6, 4)


def test_a_conjugate_may_be_lazy() -> None:
    split, step, chunks = made(tree)
    numbers, gradients = case(split, 7, 4, lengths=True), gradients_of_states(split, 7, 4)
    lazy, plain = (
        [*gradients[:2], conjugate]
        for conjugate in (gradients[2].conj(), gradients[2].conj().resolve_conj())
    )
    _, _, *with_lazy = run(chunks, step, numbers, [*lazy])
    _, _, *with_plain = run(chunks, step, numbers, [*plain])
    torch.testing.assert_close(with_lazy, with_plain, rtol=0, atol=0)


def test_no_gradient_is_a_gradient_of_zero() -> None:
    split, step, chunks = made(lstm)
    h, c = gradients_of_states(split, 6, 2)
    numbers = case(split, 6, 2)
    _, _, _, none = run(chunks, step, numbers, [h, None])
    _, _, _, zero = run(chunks, step, numbers, [h, torch.zeros_like(c)])
    torch.testing.assert_close(none, zero, rtol=0, atol=0)


def test_nothing_is_saved_where_no_backward_pass_follows() -> None:
    split, step, chunks = made(lstm)
    numbers = case(split, 6, 2)
    arguments = (numbers.z, numbers.state, list(step.prologue(*numbers.weights)), None, None, None)
    kept, bare = (chunks.forward(*arguments, save=save) for save in (True, False))
    assert bare.saved == []
    torch.testing.assert_close(bare.states, kept.states, rtol=0, atol=0)


def test_the_disk_cache_is_used() -> None:
    made(lstm)
    compare(lstm, case(made(lstm)[0], 6, 4), 6, 4)
    assert counters["inductor"]["fxgraph_cache_bypass"] == 0


def test_the_backward_pass_is_compiled_before_anything_is_computed() -> None:
    split, step, _ = made(lstm)
    chunks, numbers = Chunks(step, steps=K), case(split, 6, 2)
    arguments = (numbers.z, numbers.state, list(step.prologue(*numbers.weights)), None, None, None)
    chunks.forward(*arguments, save=True)
    before = dict(counters["inductor"])
    run(chunks, step, numbers, list(gradients_of_states(split, 6, 2)))
    assert dict(counters["inductor"]) == before


def test_compiling_draws_no_random_numbers_and_knows_no_inference_mode() -> None:
    split, step, _ = made(lstm)
    chunks, numbers = Chunks(step, steps=K), case(split, 6, 2)
    constants = list(step.prologue(*numbers.weights))
    before = torch.get_rng_state()
    with torch.inference_mode():
        chunks.forward(numbers.z, numbers.state, constants, None, None, None, save=False)
    assert torch.equal(torch.get_rng_state(), before)
    compared = run(chunks, step, numbers, [*gradients_of_states(split, 6, 2)])
    assert not any(leaf.is_inference() for leaf in compared[3])


def test_code_for_one_size_of_the_batch_only_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    split, step, _ = made(elman)
    chunks = Chunks(step, steps=K)
    compare(elman, case(split, 6, 4), 6, 4)
    compiled = next(iter(made(elman)[2].compiled.values()))[0]

    def compile_for_one(_: object, timed: list[Tensor], *__: object) -> CompiledChunk:
        known = timed[0].shape[0]
        return replace(compiled, guards=lambda B: known == B, _known={})

    monkeypatch.setattr(module, "compile_chunk", compile_for_one)
    constants = list(step.prologue(*case(split, 6, 4).weights))

    def forward(B: int) -> None:
        numbers = case(split, 6, B)
        chunks.forward(numbers.z, numbers.state, constants, None, None, None, save=False)

    for B in (2, 3, 2, 4, 5):
        forward(B)
    with pytest.raises(CompileFailed, match="depends on the size of the batch"):
        forward(6)


def test_results_of_a_cuda_graph_are_copied_where_they_belong() -> None:
    split, step, _ = made(elman)
    numbers, gradients = case(split, 6, 4), gradients_of_states(split, 6, 4)
    # There is no CUDA graph on a CPU, and Inductor then goes without.
    _, _, *copied = run(Chunks(step, steps=K, cudagraphs=True), step, numbers, [*gradients])
    _, _, *expected = run(Interpreted(step), step, numbers, [*gradients])
    torch.testing.assert_close(copied, expected, rtol=0, atol=1e-10)


def test_without_a_compiler_the_reason_is_one_line() -> None:
    from torch._inductor.utils import fresh_cache

    split, step, _ = made(elman)
    numbers = case(split, 3, 2)
    constants = list(step.prologue(*numbers.weights))
    nowhere = {"cpp.cxx": ("/nonexistent",)}  # as the variable CXX sets it
    with fresh_cache(), pytest.raises(CompileFailed, match=r"^No working C\+\+ compiler") as caught:
        Chunks(step, steps=K, options=nowhere).forward(
            numbers.z, numbers.state, constants, None, None, None, save=True
        )
    assert "\n" not in str(caught.value)


def test_an_operation_that_is_refused_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    split, step, _ = made(elman)
    numbers = case(split, 3, 2)

    def refuse(*_: object, **__: object) -> None:
        raise NotImplementedError("no code for this")

    from torch._inductor import lowering
    from torch._inductor.utils import fresh_cache

    monkeypatch.setitem(lowering.lowerings, torch.ops.aten.tanh.default, refuse)
    constants = list(step.prologue(*numbers.weights))
    with fresh_cache(), pytest.raises(CompileFailed, match=r"aten\.tanh\.default") as caught:
        Chunks(step, steps=2).forward(
            numbers.z, numbers.state, constants, None, None, None, save=False
        )
    assert "\n" not in str(caught.value)


def test_what_the_compiler_said_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    from torch._inductor import compile_fx

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(
            "CppCompileError: C++ compile error\n\nCommand:\ng++ a.cpp\n\n"
            "Output:\na.cpp:3: fatal error: Python.h: No such file or directory\n"
        )

    monkeypatch.setattr(compile_fx, "compile_fx_inner", fail)
    split, step, _ = made(elman)
    numbers = case(split, 3, 2)
    constants = list(step.prologue(*numbers.weights))
    expected = "^C\\+\\+ compile error: a.cpp:3: fatal error: Python.h: No such file or directory$"
    with pytest.raises(CompileFailed, match=expected):
        Chunks(step).forward(numbers.z, numbers.state, constants, None, None, None, save=False)
