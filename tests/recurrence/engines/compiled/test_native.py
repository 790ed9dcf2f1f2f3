from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rnnlab.recurrence.engines.compiled import native
from rnnlab.recurrence.engines.compiled.capture import Capture
from rnnlab.recurrence.engines.compiled.interpreted import Interpreted
from rnnlab.recurrence.engines.compiled.joint import joint_graph
from rnnlab.recurrence.engines.compiled.native import Native, NotLowered
from rnnlab.recurrence.engines.compiled.partition import partition
from rnnlab.recurrence.engines.compiled.program import StepProgram
from rnnlab.recurrence.tree import leaves as tree_leaves
from tests.recurrence.engines.compiled.cells import (
    InPlace,
    InputTree,
    Normed,
    Plain,
    Spiking,
    Unread,
    UsedTwice,
)
from tests.recurrence.engines.compiled.hand_split import (
    Case,
    Split,
    Tensors,
    by_autograd,
    case,
    elman,
    gradients_of_states,
    gru,
    lstm,
    program,
    run,
    tree,
)

KINDS: dict[str, Callable[[int], Split]] = {"elman": elman, "gru": gru, "lstm": lstm}
MADE: dict[tuple[str, int, torch.dtype], tuple[Split, StepProgram, Native]] = {}
SINGLE, DOUBLE = torch.float32, torch.float64
TOLERANCES = {SINGLE: 2e-5, DOUBLE: 1e-10}


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def made(kind: str, H: int, dtype: torch.dtype = DOUBLE) -> tuple[Split, StepProgram, Native]:
    """Return always the same of a kind: compiling takes longer than running."""
    key = (kind, H, dtype)
    if key not in MADE:
        split = KINDS[kind](H)
        step = program(split, dtype)
        MADE[key] = (split, step, Native(step))
    return MADE[key]


def same(ours: list[Tensor], theirs: list[Tensor], tolerance: float = 1e-10) -> None:
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)


def flat(forward: native.Forward, adjoint: native.Adjoint) -> list[Tensor]:
    initial = [] if adjoint.initial is None else adjoint.initial
    following = [each for each in adjoint.following if each is not None]
    return [
        *forward.states,
        *forward.saved,
        *adjoint.state,
        *initial,
        *following,
        *adjoint.deferred,
    ]


def everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small work run on several threads, too."""
    monkeypatch.setattr(native, "_WORTH", 0)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_it_agrees_with_autograd(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(KINDS)))
    H = data.draw(st.sampled_from([1, 5, 33]))
    T, B = data.draw(st.integers(1, 6)), data.draw(st.sampled_from([1, 2, 7, 19]))
    torch.manual_seed(data.draw(st.integers(0, 99)))
    split, step, lowering = made(kind, H)
    lengths, resets = data.draw(st.booleans()), data.draw(st.booleans())
    numbers = case(split, T, B, lengths=lengths, resets=resets)
    gradients = gradients_of_states(split, T, B)
    states, expected = by_autograd(split, numbers, gradients)
    _, _, own_states, own = run(lowering, step, numbers, list(gradients))
    same(own_states, states)
    same(own, expected)


@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_it_agrees_with_the_graphs_on_several_threads(
    kind: str, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    everywhere(monkeypatch)
    torch.manual_seed(1)
    split, step, lowering = made(kind, 33, dtype)
    for B, T in [(70, 3), (1, 4), (9, 2)]:
        numbers = case(split, T, B, resets=True, dtype=dtype)
        gradients = list(gradients_of_states(split, T, B, dtype))
        theirs = run(Interpreted(step), step, numbers, gradients)
        results = []
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            ours = run(lowering, step, numbers, gradients)
            same(flat(*ours[:2]), flat(*theirs[:2]), TOLERANCES[dtype])
            results.append(flat(*ours[:2]))
        for result in results[1:]:
            same(result, results[0], 0)


@pytest.mark.parametrize("H", [33, 64])
def test_a_row_does_not_depend_on_its_neighbours(H: int) -> None:
    torch.manual_seed(2)
    split, step, lowering = made("lstm", H, SINGLE)
    whole = case(split, 4, 37, dtype=SINGLE)
    constants = list(step.prologue(*whole.weights))
    together = lowering.forward(whole.z, whole.state, constants, None, None, None, save=True)
    for row in (0, 8, 13, 36):
        z = [leaf[:, row : row + 1] for leaf in whole.z]
        state = [leaf[row : row + 1] for leaf in whole.state]
        alone = lowering.forward(z, state, constants, None, None, None, save=True)
        for ours, theirs in zip(
            alone.states + alone.saved, together.states + together.saved, strict=True
        ):
            assert torch.equal(ours[:, 0], theirs[:, row])


def test_it_reads_any_strides() -> None:
    torch.manual_seed(3)
    split, step, lowering = made("gru", 5)
    numbers = case(split, 4, 3)
    gradients = gradients_of_states(split, 4, 3)
    constants = list(step.prologue(*numbers.weights))

    def turned(tensor: Tensor) -> Tensor:
        return tensor.transpose(0, -1).contiguous().transpose(0, -1)

    def spread(tensor: Tensor) -> Tensor:
        wide = tensor.new_full((*tensor.shape[:-1], tensor.shape[-1] + 3), 7)
        wide[..., 1:-2] = tensor
        return wide[..., 1:-2]

    plain = lowering.forward(numbers.z, numbers.state, constants, None, None, None, save=True)
    expected = lowering.adjoint(numbers.z, *plain, constants, list(gradients), None, None, None)
    for strange in (turned, spread):
        z, state = [strange(leaf) for leaf in numbers.z], [strange(leaf) for leaf in numbers.state]
        odd = [strange(constant) for constant in constants]
        forward = lowering.forward(z, state, odd, None, None, None, save=True)
        own = [strange(gradient) for gradient in gradients]
        adjoint = lowering.adjoint(z, *forward, odd, list(own), None, None, None)
        same(flat(forward, adjoint), flat(plain, expected), 0)
    numbers.state[0] = numbers.state[0][:1].expand(3, -1)
    ours = lowering.forward(numbers.z, numbers.state, constants, None, None, None, save=True)
    theirs = Interpreted(step).forward(
        numbers.z, numbers.state, constants, None, None, None, save=True
    )
    same(ours.states, theirs.states)


def test_no_gradient_is_a_gradient_of_zero() -> None:
    split, step, lowering = made("lstm", 5)
    numbers = case(split, 4, 2)
    h, c = gradients_of_states(split, 4, 2)
    none = run(lowering, step, numbers, [h, None])
    zero = run(lowering, step, numbers, [h, torch.zeros_like(c)])
    same(flat(*none[:2]), flat(*zero[:2]), 0)


def test_what_is_not_read_may_be_missing_and_is_not_made() -> None:
    split, step, lowering = made("elman", 5)
    numbers = case(split, 4, 2)
    constants = list(step.prologue(*numbers.weights))
    forward = lowering.forward(numbers.z, numbers.state, constants, None, None, None, save=True)
    gradients: list[Tensor | None] = [torch.ones(4, 2, 5, dtype=DOUBLE)]
    arguments = (*forward, constants, gradients, None, None, None)
    adjoint = lowering.adjoint([None], *arguments)  # type: ignore[list-item]
    whole = lowering.adjoint(numbers.z, *arguments)
    same(adjoint.deferred, whole.deferred, 0)
    assert adjoint.following == [None]
    assert adjoint.initial is None


def test_nothing_is_saved_where_no_backward_pass_follows() -> None:
    split, step, lowering = made("lstm", 5)
    numbers = case(split, 4, 2, lengths=True, resets=True)
    constants = list(step.prologue(*numbers.weights))
    arguments = (numbers.z, numbers.state, constants, numbers.valid, numbers.reset, numbers.initial)
    without = lowering.forward(*arguments, save=False)
    assert without.saved == []
    same(without.states, lowering.forward(*arguments, save=True).states, 0)


def test_many_units_and_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    everywhere(monkeypatch)
    torch.manual_seed(4)
    torch.set_num_threads(2)
    split, step, lowering = made("lstm", 260, SINGLE)
    numbers = case(split, 3, 131, lengths=True, dtype=SINGLE)
    gradients = list(gradients_of_states(split, 3, 131, SINGLE))
    ours = run(lowering, step, numbers, gradients)
    theirs = run(Interpreted(step), step, numbers, gradients)
    same(flat(*ours[:2]), flat(*theirs[:2]), 1e-4)


# One step at a time: operations.


def saving(
    results: Callable[..., list[Tensor]],
    z: tuple[int, ...] = (21,),
    state: tuple[int, ...] = (21,),
    weights: list[tuple[int, ...]] | None = None,
) -> Split:
    """Return a step that saves the results of some operations on z, state and weights."""
    return Split(
        [z],
        [state],
        weights or [],
        lambda w: [each.clone() for each in w],
        lambda z, s, c: ([s[0].clone()], [each.clone() for each in results(z[0], s[0], *c)]),
        lambda z, s, n, saved, c, λ: ([λ[0] * 1], []),
        lambda z, s, n, saved, d, λ, c, w: ([None], [None for _ in w]),
    )


def check(split: Split, dtype: torch.dtype, numbers: Case | None = None) -> None:
    torch.manual_seed(5)
    step = program(split, dtype)
    numbers = numbers or case(split, 3, 4, dtype=dtype)
    constants = list(step.prologue(*numbers.weights))
    arguments = (numbers.z, numbers.state, constants, None, None, None)
    ours = Native(step).forward(*arguments, save=True).saved
    theirs = Interpreted(step).forward(*arguments, save=True).saved
    assert [each.dtype for each in ours] == [each.dtype for each in theirs]
    same(ours, theirs, {SINGLE: 1e-5, DOUBLE: 1e-12}[dtype])


def elementwise(x: Tensor, y: Tensor) -> list[Tensor]:
    positive = x.abs() + 0.1
    unit = x.tanh() * 0.9
    return [
        *(x + y, x - y, x * y, x / y, -x, 3 - x, torch.add(x, y, alpha=0.5), x.reciprocal()),
        *(x.sigmoid(), x.tanh(), x.exp(), x.expm1(), torch.exp2(x), positive.log(), x.relu()),
        *(unit.log1p(), positive.log2(), positive.log10(), positive.sqrt(), positive.rsqrt()),
        *(x.sin(), x.cos(), x.tan(), unit.asin(), unit.acos(), x.atan(), x.sinh(), x.cosh()),
        *(x.asinh(), (positive + 1).acosh(), unit.atanh(), x.erf(), x.erfc(), x.abs(), x.sign()),
        *(x.floor(), x.ceil(), x.trunc(), (x * 3).round(), x.square(), x**2, x**3, positive**0.3),
        *(positive**y, x**0, positive**-0.5, positive**-1, torch.maximum(x, y), torch.atan2(x, y)),
        *(torch.minimum(x, y), x.clamp(-0.5, 0.5), x.clamp(min=0.1), x.clamp(max=y), x % 0.7),
        *(torch.fmod(x, y), torch.remainder(x, y), torch.lerp(x, y, 0.3), torch.addcmul(x, x, y)),
        *(torch.where(x > y, x, 0.5), x.masked_fill(x < 0, 2.0), (x > y).to(x.dtype) * 2),
        *(torch.nn.functional.silu(x), torch.nn.functional.softplus(x), torch.nn.functional.elu(x)),
        *(torch.nn.functional.gelu(x), torch.nn.functional.leaky_relu(x, 0.1)),
        torch.nn.functional.hardtanh(x) + torch.nn.functional.gelu(x, approximate="tanh"),
    ]


def logical(x: Tensor, y: Tensor) -> list[Tensor]:
    a, b = x > 0, y > 0
    return [
        *(a & b, a | b, a ^ b, ~a, torch.logical_not(x), torch.logical_and(x, y), x == y, x != y),
        *(x >= y, x <= 0.5, x < y, x.isnan(), x.isinf(), torch.where(a, b, ~b), a.clone()),
        *(torch.where(a & ~b, 1.0, x), a.to(x.dtype), torch.ones_like(a), torch.zeros_like(b)),
    ]


@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE])
@pytest.mark.parametrize("results", [elementwise, logical])
def test_elements(results: Callable[..., list[Tensor]], dtype: torch.dtype) -> None:
    check(saving(results), dtype)


SPECIAL = [
    *(0.0, -0.0, 1e-40, -1e-40, 1e-20, 1e30, -1e30, 88.0, 88.8, 90.0, -87.5, -103.5, -110.0),
    *(float("inf"), -float("inf"), float("nan"), 0.3, -0.3, 9.1, -20.0, 17.0),
]


def special(x: Tensor, y: Tensor) -> list[Tensor]:
    return [
        *(x.sigmoid(), x.tanh(), x.exp(), x.relu(), x.abs(), x.clamp(-1, 1), torch.maximum(x, y)),
        *(torch.minimum(x, y), torch.maximum(y, x), x.sign(), -x, x > 0, x.isnan(), x * y),
        *(
            torch.where(x > 0, x, y),
            x.log(),
            x.log1p(),
            x.sqrt(),
            x.amax(-1),
            x.amin(-1),
            x.sum(-1),
        ),
    ]


@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE])
def test_what_is_not_an_ordinary_number(dtype: torch.dtype) -> None:
    split = saving(special)
    numbers = case(split, 2, 2, dtype=dtype)
    numbers.z[0][0, 0] = torch.tensor(SPECIAL, dtype=dtype)
    numbers.state[0][1] = torch.tensor(SPECIAL[::-1], dtype=dtype)
    check(split, dtype, numbers)


@pytest.mark.parametrize(("dtype", "most"), [(SINGLE, 3e-7), (DOUBLE, 1e-15)])
def test_functions_are_exact_to_the_last_bits(dtype: torch.dtype, most: float) -> None:
    functions = (torch.exp, torch.tanh, torch.sigmoid, torch.log, torch.log1p)
    split = saving(lambda x, y: [function(x) for function in functions], (1000,), (1,))
    step = program(split, dtype)
    small = torch.logspace(-30, 1.9, 3000, dtype=dtype)
    near = torch.linspace(0.5, 2, 4000, dtype=dtype)
    x = torch.cat([small, -small, near, torch.linspace(-85, 85, 10000, dtype=dtype)])
    x = x.reshape(20, 1, 1000)
    state = torch.zeros(1, 1, dtype=dtype)
    ours = Native(step).forward([x], [state], [], None, None, None, save=True).saved
    for own, function in zip(ours, functions, strict=True):
        exact = function(x.double())
        assert torch.equal(own.isnan(), exact.isnan())
        relative = ((own - exact) / exact).abs()
        assert relative[exact != 0].nan_to_num(0).max() < most, function


def places(x: Tensor, s: Tensor, w: Tensor) -> list[Tensor]:
    a, b = x.split([8, 16], 1)
    parts = torch.cat([s[:, :3], a, x[:, 5:6] * 2, b.tanh()], 1)
    grid = x.view(-1, 4, 6)
    return [
        *(x[:, ::3], x[:, 3:11:2], x.flip(1), x.roll(5, 1), parts, parts[:, 2:14] * 3, x[:, -1]),
        *(torch.cat([a, s[:, :8]], 1).sigmoid(), torch.stack([a, s[:, :8]], 1), grid * w),
        *(
            grid.transpose(1, 2),
            grid.transpose(1, 2).reshape(-1, 24) + x,
            grid[:, 1],
            grid[:, :, 2],
        ),
        *(grid.permute(0, 2, 1).tanh().reshape(-1, 24), x[:, :, None] * s[:, None, :5]),
        *(grid.flatten(1)[:, :7], x.unflatten(1, (2, 3, 4)).sum((1, 3)), grid.tanh().unbind(1)[2]),
        *(torch.slice_scatter(x, a, 1, 3, 11), torch.select_scatter(grid, a[:, :6], 1, 2)),
        *(x[:, :1].expand(-1, 5), x[:, :2].repeat(1, 3), torch.full_like(a, 2.5), a.mean(1)),
        *(torch.cat([grid, grid.flip(1) * 2], 2).transpose(1, 2), x.new_zeros(x.shape[0], 3) + 1),
        torch.cat([torch.cat([a, b.sin()], 1)[:, 4:], s], 1).sum(1, keepdim=True) * s,
    ]


def sums(x: Tensor, s: Tensor, w: Tensor) -> list[Tensor]:
    grid = (x * 0.5).view(-1, 4, 6)
    return [
        *(x.sum(-1), x.mean(-1, keepdim=True) * x, grid.sum(1), grid.sum((1, 2)), grid.amax(2)),
        *(grid.amin(1), grid.prod(2), grid.var(2), x.var(1, correction=0), grid.softmax(-1)),
        *(grid.softmax(1), x.log_softmax(-1), torch.nn.functional.layer_norm(x, (24,))),
        *(
            torch.nn.functional.layer_norm(grid, (6,), w[0], w[1]),
            x.norm(dim=1),
            x.norm(p=1, dim=1),
        ),
        *(x.logsumexp(1), grid.tanh().sum(1).exp().sum(1), (x - x.mean(1, keepdim=True)).exp()),
        *((grid.exp() / grid.exp().sum(2, keepdim=True)).mT.sum(1), torch.cat([x, s], 1).sum(1)),
    ]


def products(
    x: Tensor, s: Tensor, w: Tensor, u: Tensor, bias: Tensor, heads: Tensor
) -> list[Tensor]:
    grid = x.view(-1, 4, 6)
    return [
        *(x @ w, torch.addmm(bias, x, w), torch.addmm(s, x, w), (x.tanh() @ w).sigmoid() @ u),
        *(torch.addmm(bias, x, w, beta=0.5, alpha=2.0), x[:, :5] @ u, x.flip(1)[:, :5] @ u),
        *(torch.nn.functional.linear(grid, heads[0].T), torch.einsum("bhk,hkl->bhl", grid, heads)),
        *(torch.einsum("bhk,bgk->bhg", grid, grid.tanh()), torch.bmm(grid.transpose(1, 2), grid)),
        *(
            torch.einsum("bhk,bk->bh", grid, x[:, :6]),
            (w.T @ x.T).T,
            torch.einsum("hkl,bhk->bl", heads, grid),
        ),
        *(
            grid.tanh() @ heads[0],
            torch.cat([x, s], 1)[:, 10:15] @ u,
            x.sum(1, keepdim=True) @ u[:1],
        ),
    ]


@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE])
def test_places(dtype: torch.dtype) -> None:
    check(saving(places, (24,), (9,), [(4, 6)]), dtype)


@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE])
def test_sums(dtype: torch.dtype) -> None:
    check(saving(sums, (24,), (9,), [(4, 6)]), dtype)


@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE])
def test_products(dtype: torch.dtype) -> None:
    weights: list[tuple[int, ...]] = [(24, 5), (5, 9), (5,), (4, 6, 7)]
    check(saving(products, (24,), (5,), weights), dtype)


def test_a_state_of_numbers_and_matrices() -> None:
    def forward(z: Tensors, s: Tensors, c: Tensors) -> tuple[Tensors, Tensors]:
        read = torch.einsum("bij,bj->bi", s[0], z[0])
        return [0.9 * s[0] + read[:, :, None] * z[0][:, None, :], s[1] + read.sum(1)], []

    def adjoint(
        z: Tensors, s: Tensors, n: Tensors, saved: Tensors, c: Tensors, λ: Tensors
    ) -> tuple[list[Tensor | None], Tensors]:
        _, pull = torch.func.vjp(lambda *state: forward(z, list(state), c)[0], *s)
        return list(pull(λ)), []

    def gradients(
        z: Tensors, s: Tensors, n: Tensors, saved: Tensors, d: Tensors, λ: Tensors, *_: Tensors
    ) -> tuple[list[Tensor | None], list[Tensor | None]]:
        _, pull = torch.func.vjp(lambda x: forward([x], s, [])[0], z[0])
        return list(pull(λ)), []

    square = Split([(4,)], [(4, 4), ()], [], lambda w: [], forward, adjoint, gradients)
    step = program(square)
    numbers = case(square, 5, 3, lengths=True, resets=True)
    wanted = gradients_of_states(square, 5, 3)
    states, expected = by_autograd(square, numbers, wanted)
    _, _, own_states, own = run(Native(step), step, numbers, list(wanted))
    same(own_states, states)
    same(own, expected)


class Padded(Plain):
    """Shifts its units and repeats some: tracing knows no pad with a batch that may change."""

    def step(self, z: Tensor, state: Tensor) -> Tensor:
        shifted = torch.nn.functional.pad(state[:, :-1], (1, 0), value=0.5)
        grid = torch.nn.functional.pad(state.view(-1, 2, 2)[:, 1:], (0, 0, 1, 2))
        return (z + shifted + self.recurrent(grid[:, :2].flatten(1)).repeat(1, 2)[:, 2:6]).tanh()


@pytest.mark.parametrize("kind", [Padded, InPlace, Normed, Spiking, UsedTwice, InputTree, Unread])
def test_cells(kind: type[Plain]) -> None:
    torch.manual_seed(6)
    cell = kind(3).double()
    T, B = 5, 3
    z = cell.project(torch.randn(T, B, 3, dtype=DOUBLE))
    graph, weights = Capture()(cell, z, cell.init_state(B))
    step = partition(joint_graph(graph))
    valid = torch.arange(T)[:, None] < torch.tensor([5, 0, 3])
    reset = (torch.rand(T, B) < 0.4) & valid
    numbers = Case(tree_leaves(z), [torch.randn(B, 4, dtype=DOUBLE)], [], weights, valid, reset)
    numbers.initial = [torch.randn(B, 4, dtype=DOUBLE)]
    gradients: list[Tensor | None] = [torch.randn(T, B, 4, dtype=DOUBLE)]
    with torch.no_grad():
        ours = flat(*run(Native(step), step, numbers, gradients)[:2])
        same(ours, flat(*run(Interpreted(step), step, numbers, gradients)[:2]))


# What is refused.


@pytest.mark.parametrize(
    ("results", "named"),
    [
        (lambda x, s: [x.cumsum(1)], "aten.cumsum"),
        (lambda x, s: [x.sort(1)[0]], "aten.sort"),
        (lambda x, s: [torch.complex(x, s).abs()], "complex"),
        (lambda x, s: [x.to(torch.float64) * 2], "32 and of 64 bits"),
        (lambda x, s: [x.to(torch.bfloat16).to(x.dtype)], "bfloat16"),
        (lambda x, s: [x.to(torch.int64).to(x.dtype)], "int64"),
    ],
)
def test_what_is_unknown_is_refused_by_name(
    results: Callable[..., list[Tensor]], named: str
) -> None:
    with pytest.raises(NotLowered, match=named):
        Native(program(saving(results), SINGLE))


def test_states_that_are_no_plain_numbers_are_refused() -> None:
    with pytest.raises(NotLowered, match=r"int64|complex"):
        Native(program(tree(3)))


def test_without_a_compiler_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotLowered, match="no C\\+\\+ compiler"):
        Native(program(elman(2)))
