import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.data.padding import pad


@settings(deadline=None, max_examples=40)
@given(
    sequences=st.lists(st.lists(st.integers(0, 99), max_size=6), max_size=8),
    value=st.integers(-1, 1),
)
def test_each_row_is_its_sequence_and_then_padding(sequences: list[list[int]], value: int) -> None:
    padded, lengths = pad(sequences, value)
    assert lengths.tolist() == [len(sequence) for sequence in sequences]
    assert padded.dtype == lengths.dtype == torch.int64
    steps = max([1, *map(len, sequences)])
    assert padded.shape == (len(sequences), steps)
    for row, sequence in zip(padded.tolist(), sequences, strict=True):
        assert row == sequence + [value] * (steps - len(sequence))
