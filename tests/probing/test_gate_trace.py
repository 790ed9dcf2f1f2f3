from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.cells import GRU, LSTM, Cell
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.errors import ConfigError
from rnnlab.models.sequence_model import SequenceModel
from rnnlab.probing.gate_trace import gate_trace
from rnnlab.probing.sequence_axis import SequenceAxis, earlier_target_axis, input_axis
from rnnlab.recurrence import Recurrent
from rnnlab.recurrence.trace import traced
from rnnlab.tasks.many_to_many import ManyToMany
from rnnlab.testing.tasks.backbones import gru, recurrent
from rnnlab.testing.tasks.tiny_data import cases


@settings(deadline=None, max_examples=30)
@given(
    make=st.sampled_from([GRU, LSTM]),
    B=st.integers(1, 3),
    T=st.integers(1, 5),
    reverse=st.booleans(),
    data=st.data(),
)
def test_each_row_is_that_of_the_sequence_alone(
    make: type[Cell], B: int, T: int, reverse: bool, data: st.DataObject
) -> None:
    lengths = data.draw(st.lists(st.integers(0, T), min_size=B, max_size=B))
    torch.manual_seed(0)
    cell = make(3, hidden_size=2).double()  # type: ignore[call-arg]
    layer = Recurrent(cell, reverse=reverse)
    x = torch.randn(B, T, 3).double()
    reset = torch.rand(B, T) < 0.3
    with torch.no_grad(), traced(layer) as traces:
        layer(x, lengths=torch.tensor(lengths), reset=reset)
    for b, length in enumerate(lengths):
        found = gate_trace(traces["recurrent"], b)
        assert found.reverse == reverse
        # By single steps, in the order of reading; position t of the input is step t of the result.
        state = cell.init_state(1)
        borders = reset[b, :length]
        for t in reversed(range(length)) if reverse else range(length):
            if borders[t] if not reverse else t + 1 < length and borders[t + 1]:
                state = cell.init_state(1)
            with torch.no_grad():
                z = cell.project(x[b : b + 1, t])
                for name, value in cell.gates(z, state).items():
                    torch.testing.assert_close(found.gates[name][t], value[0])
                state = cell.step(z, state)
            leaves = state if isinstance(state, tuple) else (state,)
            assert list(found.states) == ["h", "c"][: len(leaves)]
            for kept, leaf in zip(found.states.values(), leaves, strict=True):
                torch.testing.assert_close(kept[t], leaf[0])
        assert all(len(value) == length for value in (found.gates | found.states).values())


def test_the_axis_has_the_words_that_were_read() -> None:
    case = next(case for case in cases() if case.spec.input.vocabulary and case.spec.next_step)
    model = SequenceModel(case.spec, recurrent(lambda size: LSTM(size, 4)), readout="every")
    with torch.no_grad(), traced(model) as traces:
        model(case.batch)
    trace = traces["backbone.recurrent.layers.0"]
    assert case.batch.lengths is not None
    for b in range(4):
        found = gate_trace(trace, b, input_axis(case.spec, case.batch, b))
        length = int(case.batch.lengths[b])
        assert found.axis is not None
        assert found.axis.labels is not None
        assert len(found.axis.labels) == length == len(found.gates["forget"])
        names = case.spec.input.vocabulary.tokens  # type: ignore[union-attr]
        assert list(found.axis.labels) == [names[i] for i in case.batch.input[b, :length]]


def test_a_decoder_s_axis_is_the_earlier_target() -> None:
    case = next(case for case in cases() if case.spec.mapping == "many_to_many")
    model = ManyToMany(max_length=4).build_model(case.spec, gru())
    with torch.no_grad(), traced(model) as traces:
        model(case.batch)
    for b in range(4):
        axis = earlier_target_axis(case.spec, case.batch, b)
        found = gate_trace(traces["decoder.backbone.recurrent.layers.0"], b, axis)
        assert len(found.gates["update"]) == axis.steps


def test_values_are_numbers_without_history() -> None:
    layer = Recurrent(GRU(3, 4))
    with traced(layer) as traces:
        layer(torch.randn(2, 3, 3))
    found = gate_trace(traces["recurrent"], 1)
    assert not any(value.requires_grad for value in (found.gates | found.states).values())


def test_what_is_not_there_is_refused() -> None:
    spec = DataSpec(Field("reals", 3, True), Field("tokens", 2, False))
    model = SequenceModel(spec, gru())
    with torch.no_grad(), traced(model) as traces:
        model(Batch(torch.randn(2, 3, 3)))
    trace = traces["backbone.recurrent.layers.0"]
    for row in (-1, 2):
        with pytest.raises(ConfigError, match=f"row={row}: no such sequence.*valid: 0 to 1"):
            gate_trace(trace, row)
    with pytest.raises(ConfigError, match="the axis has 4 steps, and the layer read 3"):
        gate_trace(trace, 0, SequenceAxis("input", None, None, 4))
