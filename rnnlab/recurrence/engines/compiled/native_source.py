"""Writes the C++ that runs the steps of a program over time, tile by tile of the rows of a batch.

The rows of a batch are independent, so a thread runs all steps for some rows, a tile, before it
takes the next: nothing waits inside a step, and what a step computes stays in the cache of a core.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rnnlab.recurrence.engines.compiled.native_code import Pointer, StepCode, Text
from rnnlab.recurrence.engines.compiled.native_graph import read
from rnnlab.recurrence.engines.compiled.native_stages import plan
from rnnlab.recurrence.engines.compiled.native_values import (
    Fill,
    Graph,
    NotLowered,
    Rows,
    Value,
    elements,
    extents,
)
from rnnlab.recurrence.engines.compiled.program import StepProgram

KERNELS = Path(__file__).with_name("native_kernels.h")

HEAD = ("B", "T", "threads", "tile", "memory")
MASKS = ("valid", "valid_t", "valid_b", "reset", "reset_t", "reset_b")


@dataclass(frozen=True)
class Source:
    """The C++ of a program and what calls it.

    Args:
        text: The source.
        double: Whether numbers have 64 bits.
        state: The axes of each leaf of the state, without the batch.
        z: The same of z; None where nothing reads a leaf.
        saved: The same of what is saved, and whether it is true or false.
        deferred: The same of what is deferred.
        axes: How many axes of each constant are told, in each direction.
        contiguous: The constants that must be contiguous, of each direction.
        cost: About how many nanoseconds one step of one row takes, of each direction.
    """

    text: str
    double: bool
    state: list[tuple[int, ...]]
    z: list[tuple[int, ...] | None]
    saved: list[tuple[tuple[int, ...], bool]]
    deferred: list[tuple[tuple[int, ...], bool]]
    axes: tuple[list[int], list[int]]
    contiguous: tuple[frozenset[int], frozenset[int]]
    cost: tuple[float, float]


def source(program: StepProgram) -> Source:
    """Return the C++ of a program.

    Raises:
        NotLowered: It has an operation or a form that is unknown here; the message names it.
    """
    forward, adjoint = read(program.forward), read(program.adjoint)
    if forward.double != adjoint.double:
        raise NotLowered("numbers of 32 and of 64 bits in one step")
    leaves = program.leaves
    z = forward.inputs[: leaves.z]
    results = _present(forward.outputs, [])
    state, saved = results[: leaves.state], results[leaves.state :]
    back = _present(adjoint.outputs, state)
    deferred = back[leaves.state :]
    for value in [*z, *results, *back]:
        if value is not None and (not value.shape or value.shape[0] != Rows(1)):
            raise NotLowered(f"rows of shape {value.shape}")
    for value in [*z, *state]:
        if value is not None and value.boolean:
            raise NotLowered("a state or an input that is true or false")

    text = Text()
    text("// Written by rnnlab.")
    text(f"typedef {'double' if forward.double else 'float'} S;")
    text(f"#define DOUBLE {int(forward.double)}")
    text(KERNELS.read_text(encoding="utf-8"))
    text("typedef long long Word;")
    writer = _Writer(program, text, state, saved, deferred)
    run = writer.forward(forward, results)
    run_back = writer.adjoint(adjoint, back)
    inputs = (leaves.z + leaves.state, leaves.z + 2 * leaves.state + leaves.saved)
    return Source(
        "\n".join(text.lines) + "\n",
        forward.double,
        [_axes(value) for value in state],
        [None if value is None else _axes(value) for value in z],
        [(_axes(value), value.boolean) for value in saved],
        [(_axes(value), value.boolean) for value in deferred],
        (
            _ranks(forward, inputs[0], leaves.constants),
            _ranks(adjoint, inputs[1], leaves.constants),
        ),
        (_contiguous(forward, inputs[0]), _contiguous(adjoint, inputs[1])),
        (run.cost, run_back.cost),
    )


def _present(outputs: list[Value | None], like: list[Value]) -> list[Value]:
    """Return results, with zeros for a leaf of the state that has none."""
    found = []
    for k, output in enumerate(outputs):
        if output is None and k >= len(like):
            raise NotLowered("a result that is none")
        found.append(Fill(like[k].shape, False, 0.0) if output is None else output)
    return found


def _axes(value: Value) -> tuple[int, ...]:
    return extents(value.shape)[1:]


def _ranks(graph: Graph, begin: int, count: int) -> list[int]:
    inputs = graph.inputs[begin : begin + count]
    return [0 if value is None else len(value.shape) for value in inputs]


def _contiguous(graph: Graph, begin: int) -> frozenset[int]:
    inputs = graph.inputs[begin:]
    return frozenset(at for at, value in enumerate(inputs) if value and value.contiguous)


class _Writer:
    def __init__(
        self,
        program: StepProgram,
        text: Text,
        state: list[Value],
        saved: list[Value],
        deferred: list[Value],
    ) -> None:
        self.leaves = program.leaves
        self.text = text
        self.state = [elements(value.shape) for value in state]
        self.saved = [(elements(value.shape), _type(value)) for value in saved]
        self.deferred = [(elements(value.shape), _type(value)) for value in deferred]
        self.at = 0  # the next argument

    def forward(self, graph: Graph, results: list[Value]) -> StepCode:
        """Write the function ``forward``."""
        leaves, text = self.leaves, self.text
        k_state = range(leaves.state)
        inputs = [
            *(Pointer(f"z{k}", f"z{k}_b") for k in range(leaves.z)),
            *(Pointer(f"h{k}", f"h{k}_row") for k in k_state),
            *(Pointer(f"c{k}", "0") for k in range(leaves.constants)),
        ]
        outputs = [
            *(Pointer(f"next{k}", str(size)) for k, size in enumerate(self.state)),
            *(Pointer(f"saved{k}", str(size)) for k, (size, _) in enumerate(self.saved)),
        ]
        code = StepCode(plan(results), inputs, outputs, "f")
        step = Text(depth=3)
        code.write(step)

        def arguments() -> None:
            self._head()
            for k in range(leaves.z):
                self._argument(f"z{k}_all", "const S*")
                self._argument(f"z{k}_t")
                self._argument(f"z{k}_b")
            for k in k_state:
                self._argument(f"start{k}", "const S*")
                self._argument(f"start{k}_b")
                self._argument(f"initial{k}", "const S*")
                self._argument(f"initial{k}_b")
                self._argument(f"states{k}", "S*")
            for k, (_, kind) in enumerate(self.saved):
                self._argument(f"saved{k}_all", f"{kind}*")
            self._constants(graph, leaves.z + leaves.state)

        scratch = [*code.scratch, *((f"before{k}", size) for k, size in enumerate(self.state))]
        scratch += [(f"unsaved{k}", size) for k, (size, _) in enumerate(self.saved)]

        def tile() -> None:
            for k, size in enumerate(self.state):
                with text.block("for (long r = 0; r < rows; r++)"):
                    text(
                        f"copy(states{k} + (begin + r) * {size}, "
                        f"start{k} + (begin + r) * start{k}_b, {size});"
                    )
            with text.block("for (long t = 0; t < T; t++)"):
                for k in range(leaves.z):
                    text(f"const S* z{k} = z{k}_all + t * z{k}_t + begin * z{k}_b;")
                for k, size in enumerate(self.state):
                    text(f"const S* h{k} = states{k} + (t * B + begin) * {size};")
                    text(f"long h{k}_row = {size};")
                    text(f"S* next{k} = states{k} + ((t + 1) * B + begin) * {size};")
                for k, (size, kind) in enumerate(self.saved):
                    text(
                        f"{kind}* saved{k} = saved{k}_all ? "
                        f"saved{k}_all + (t * B + begin) * {size} : ({kind}*)unsaved{k};"
                    )
                self._reset()
                text.lines += step.lines
                with (
                    text.block("if (valid)"),
                    text.block("for (long r = 0; r < rows; r++)"),
                    text.block("if (!valid[t * valid_t + (begin + r) * valid_b])"),
                ):
                    for k, size in enumerate(self.state):
                        text(f"copy(next{k} + r * {size}, h{k} + r * h{k}_row, {size});")

        self._function("forward", code, arguments, scratch, tile)
        return code

    def adjoint(self, graph: Graph, results: list[Value]) -> StepCode:
        """Write the function ``adjoint``."""
        leaves, text = self.leaves, self.text
        k_state = range(leaves.state)
        inputs = [
            *(Pointer(f"z{k}", f"z{k}_b") for k in range(leaves.z)),
            *(Pointer(f"h{k}", f"h{k}_row") for k in k_state),
            *(Pointer(f"next{k}", str(size)) for k, size in enumerate(self.state)),
            *(Pointer(f"saved{k}", str(size)) for k, (size, _) in enumerate(self.saved)),
            *(Pointer(f"c{k}", "0") for k in range(leaves.constants)),
            *(Pointer(f"lambda{k}", f"padded({size})") for k, size in enumerate(self.state)),
        ]
        outputs = [
            *(Pointer(f"handed{k}", f"padded({size})") for k, size in enumerate(self.state)),
            *(Pointer(f"deferred{k}", str(size)) for k, (size, _) in enumerate(self.deferred)),
        ]
        code = StepCode(plan(results), inputs, outputs, "g")
        step = Text(depth=3)
        code.write(step)
        first_constant = leaves.z + 2 * leaves.state + leaves.saved

        def arguments() -> None:
            self._head()
            for k in range(leaves.z):
                self._argument(f"z{k}_all", "const S*")
                self._argument(f"z{k}_t")
                self._argument(f"z{k}_b")
            for k in k_state:
                self._argument(f"gradient{k}", "const S*")
                self._argument(f"gradient{k}_t")
                self._argument(f"gradient{k}_b")
                self._argument(f"initial{k}", "const S*")
                self._argument(f"initial{k}_b")
                self._argument(f"states{k}", "const S*")
                self._argument(f"of_state{k}", "S*")
                self._argument(f"of_initial{k}", "S*")
                self._argument(f"following{k}", "S*")
            for k, (_, kind) in enumerate(self.saved):
                self._argument(f"saved{k}_all", f"const {kind}*")
            for k, (_, kind) in enumerate(self.deferred):
                self._argument(f"deferred{k}_all", f"{kind}*")
            self._constants(graph, first_constant)

        scratch = list(code.scratch)
        for k, size in enumerate(self.state):
            scratch += [(f"before{k}", size), (f"lambda{k}", size), (f"handed{k}", size)]

        def tile() -> None:
            for k, size in enumerate(self.state):
                text(f"clear(handed{k}, rows * padded({size}));")
                text(f"if (reset) clear(of_initial{k} + begin * {size}, rows * {size});")
            with text.block("for (long t = T - 1; t >= 0; t--)"):
                self._adjoint_pointers()
                with text.block("for (long r = 0; r < rows; r++)"):
                    text("const bool live = !valid || valid[t * valid_t + (begin + r) * valid_b];")
                    text("some |= live, all &= live;")
                    for k, size in enumerate(self.state):
                        self._lambda(k, size)
                with text.block("if (!some)"):
                    text("// They keep the adjoint that they have.")
                    for k, size in enumerate(self.state):
                        text(f"copy(handed{k}, lambda{k}, rows * padded({size}));")
                    for k, (size, _) in enumerate(self.deferred):
                        text(f"clear(deferred{k}, rows * {size});")
                    text("continue;")
                self._reset()
                text.lines += step.lines
                with (
                    text.block("if (!all)"),
                    text.block("for (long r = 0; r < rows; r++)"),
                    text.block("if (!valid[t * valid_t + (begin + r) * valid_b])"),
                ):
                    for k, size in enumerate(self.state):
                        at = f"r * padded({size})"
                        text(f"copy(handed{k} + {at}, lambda{k} + {at}, {size});")
                    for k, (size, _) in enumerate(self.deferred):
                        text(f"clear(deferred{k} + r * {size}, {size});")
                with (
                    text.block("if (reset)"),
                    text.block("for (long r = 0; r < rows; r++)"),
                    text.block("if (reset[t * reset_t + (begin + r) * reset_b])"),
                ):
                    for k, size in enumerate(self.state):
                        text(f"S* from{k} = handed{k} + r * padded({size});")
                        text(f"S* to{k} = of_initial{k} + (begin + r) * {size};")
                        text(f"for (long j = 0; j < {size}; j++) to{k}[j] += from{k}[j];")
                        text(f"clear(from{k}, {size});")
            with text.block("for (long r = 0; r < rows; r++)"):
                for k, size in enumerate(self.state):
                    text(
                        f"copy(of_state{k} + (begin + r) * {size}, "
                        f"handed{k} + r * padded({size}), {size});"
                    )

        self._function("adjoint", code, arguments, scratch, tile)
        return code

    def _adjoint_pointers(self) -> None:
        text = self.text
        for k in range(self.leaves.z):
            text(f"const S* z{k} = z{k}_all + t * z{k}_t + begin * z{k}_b;")
        for k, size in enumerate(self.state):
            text(f"const S* h{k} = states{k} + (t * B + begin) * {size};")
            text(f"long h{k}_row = {size};")
            text(f"const S* next{k} = states{k} + ((t + 1) * B + begin) * {size};")
        for k, (size, kind) in enumerate(self.saved):
            text(f"const {kind}* saved{k} = saved{k}_all + (t * B + begin) * {size};")
        for k, (size, kind) in enumerate(self.deferred):
            text(f"{kind}* deferred{k} = deferred{k}_all + (t * B + begin) * {size};")
        text("bool some = false, all = true;")

    def _lambda(self, k: int, size: int) -> None:
        """Add a row's own gradient to what the step after it handed back."""
        text = self.text
        text(f"S* to{k} = lambda{k} + r * padded({size});")
        text(f"copy(to{k}, handed{k} + r * padded({size}), {size});")
        with text.block(f"if (gradient{k})"):
            text(f"const S* own = gradient{k} + t * gradient{k}_t + (begin + r) * gradient{k}_b;")
            with text.block(
                f"vectors<{size}>([&](long j, auto part) __attribute__((always_inline))", "});"
            ):
                text(f"store(to{k} + j, load(to{k} + j, part) + load(own + j, part), part);")
        with text.block(f"if (following{k})"):
            text(f"S* out = following{k} + (t * B + begin + r) * {size};")
            text(f"if (live) copy(out, to{k}, {size}); else clear(out, {size});")

    def _reset(self) -> None:
        """Have the state before a step be the initial one, in the rows where it is reset."""
        text = self.text
        with text.block("if (reset)"):
            text("bool any = false;")
            text("const bool* now = reset + t * reset_t + begin * reset_b;")
            text("for (long r = 0; r < rows; r++) any |= now[r * reset_b];")
            with text.block("if (any)"):
                for k, size in enumerate(self.state):
                    text(
                        f"for (long r = 0; r < rows; r++) copy(before{k} + r * {size}, "
                        f"now[r * reset_b] ? initial{k} + (begin + r) * initial{k}_b "
                        f": h{k} + r * {size}, {size});"
                    )
                    text(f"h{k} = before{k};")

    def _head(self) -> None:
        for name in HEAD:
            self._argument(name, "S*" if name == "memory" else "long")
        for name in MASKS:
            self._argument(name, "long" if "_" in name else "const bool*")

    def _constants(self, graph: Graph, begin: int) -> None:
        for k, value in enumerate(graph.inputs[begin : begin + self.leaves.constants]):
            self._argument(f"c{k}", f"const {'S' if value is None else _type(value)}*")
            for axis in range(0 if value is None else len(value.shape)):
                self._argument(f"c{k}_{axis}")

    def _argument(self, name: str, kind: str = "long") -> None:
        self.text(f"[[maybe_unused]] {kind} const {name} = ({kind})a[{self.at}];")
        self.at += 1

    def _function(
        self,
        name: str,
        code: StepCode,
        arguments: Callable[[], None],
        scratch: list[tuple[str, int]],
        tile: Callable[[], None],
    ) -> None:
        """Write a function that runs all steps, and one that says how much memory it needs."""
        text = self.text
        self.at = 0
        row = " + ".join(f"padded({size})" for _, size in scratch)
        with text.block(f"static void {name}_work(const Word* a)"):
            arguments()
            self._packing(code)
            text.lines.append("#pragma omp for")
            with text.block("for (long panel = 0; panel < panels; panel++)"):
                text("long of = panel;")
                text("const Matrix* m = matrices;")
                text("while (of >= (m->N + PANEL - 1) / PANEL) of -= (m++->N + PANEL - 1) / PANEL;")
                text("pack(*m, of);")
            text("const long tiles = (B + tile - 1) / tile;")
            text(f"S* const own = packed + packed_all + thread() * (tile * ({row}));")
            text("[[maybe_unused]] long used = 0;")
            for name_, size in scratch:
                text(f"[[maybe_unused]] S* const {name_} = own + used;")
                text(f"used += tile * padded({size});")
            text.lines.append("#pragma omp for schedule(dynamic, 1)")
            with text.block("for (long at = 0; at < tiles; at++)"):
                text("const long begin = at * tile, rows = B - begin < tile ? B - begin : tile;")
                tile()
        total = " + ".join(f"packed_size({m.K}, {m.N})" for m in code.packed) or "0"
        head = f'extern "C" Word {name}_memory(Word threads, Word tile)'
        with text.block(head):
            text(f"return {total} + threads * tile * ({row}) + PANEL;")
        with text.block(f'extern "C" void {name}(const Word* a)'):
            with text.block("if (a[2] > 1)"):
                text.lines.append("#pragma omp parallel num_threads((int)a[2])")
                text(f"{name}_work(a);")
            with text.block("else"):
                text(f"{name}_work(a);")

    def _packing(self, code: StepCode) -> None:
        text = self.text
        text("[[maybe_unused]] S* const packed = memory;")
        text("long packed_all = 0, panels = 0;")
        for packed, name in code.packed.items():
            text(f"const long {name} = packed_all;")
            text(f"packed_all += packed_size({packed.K}, {packed.N});")
            text(f"panels += ({packed.N} + PANEL - 1) / PANEL;")
        entries = []
        for packed, name in code.packed.items():
            bias, stride = "nullptr", "0"
            if packed.bias is not None:
                position, start, stride = packed.bias
                bias = f"{code.inputs[position].name} + {start}"
            entries.append(
                f"{{{code.inputs[packed.position].name} + {packed.start}, {bias}, {packed.K}, "
                f"{packed.N}, {packed.along[0]}, {packed.along[1]}, {stride}, packed + {name}}}"
            )
        text(f"const Matrix matrices[] = {{{', '.join(entries) or '{}'}}};")


def _type(value: Value) -> str:
    return "Byte" if value.boolean else "S"
