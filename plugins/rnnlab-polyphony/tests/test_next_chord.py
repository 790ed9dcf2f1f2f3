from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.data.spec import DataSpec
from rnnlab_polyphony.keys import KEYS
from rnnlab_polyphony.next_chord import next_chord_spec, next_chord_split


@given(st.lists(st.integers(1, 6), max_size=4), st.booleans(), st.integers(0, 1000))
def test_each_target_is_the_input_one_step_later(
    steps: list[int], predict_first: bool, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    rolls = [
        torch.randint(0, 2, (length, KEYS), generator=generator, dtype=torch.uint8)
        for length in steps
    ]

    split = next_chord_split(rolls, predict_first=predict_first)

    kept = [roll for roll in rolls if predict_first or len(roll) > 1]
    assert len(split) == len(kept)
    assert split.lengths.dtype == torch.int64
    for i, roll in enumerate(kept):
        first = 0 if predict_first else 1
        length = int(split.lengths[i])
        assert torch.equal(split.target[i, :length], roll[first:].float())
        assert torch.equal(split.input[i, 1:length], split.target[i, : length - 1])
        assert torch.equal(split.input[i, 0], roll[0] * float(not predict_first))
        assert not split.input[i, length:].any()
        assert not split.target[i, length:].any()


def test_the_spec_survives_being_written() -> None:
    spec = next_chord_spec()

    assert DataSpec.from_dict(spec.to_dict()) == spec
    assert (spec.aligned, spec.next_step) == (True, True)
