from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnnlab_polyphony.keys import HIGHEST, KEY_NAMES, KEYS, LOWEST, chords_of, roll_of

CHORDS = st.lists(st.lists(st.integers(LOWEST, HIGHEST), max_size=6), max_size=8)


def test_the_first_and_last_key_and_middle_c_have_their_names() -> None:
    assert (KEY_NAMES[0], KEY_NAMES[60 - LOWEST], KEY_NAMES[-1]) == ("A0", "C4", "C8")
    assert len(set(KEY_NAMES)) == KEYS == 88


@given(CHORDS)
def test_chords_come_back_from_their_roll(chords: list[list[int]]) -> None:
    roll = roll_of(chords)

    assert roll.shape == (len(chords), KEYS)
    assert roll.dtype == torch.uint8
    assert chords_of(roll) == [sorted(set(chord)) for chord in chords]


@pytest.mark.parametrize("pitch", [LOWEST - 1, HIGHEST + 1])
def test_what_is_no_key_is_refused_with_its_step(pitch: int) -> None:
    with pytest.raises(ValueError, match=f"step 1: {pitch} is no key of a piano"):
        roll_of([[60], [pitch]])
