from __future__ import annotations

import json

import pytest

from rnnlab.errors import DataError
from rnnlab_polyphony.json_file import read_json
from rnnlab_polyphony.keys import chords_of


def test_chords_are_read_and_a_silent_voice_is_none() -> None:
    pieces = {"train": [[[60, 64], [], [-1, 67]]], "valid": [[[21]], [[108]]], "test": []}

    rolls = read_json(json.dumps(pieces).encode(), "a.json")

    assert [chords_of(roll) for roll in rolls["train"]] == [[[60, 64], [], [67]]]
    assert [chords_of(roll) for roll in rolls["val"]] == [[[21]], [[108]]]
    assert rolls["test"] == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "must be an object with the keys train, valid, test"),
        ('{"train": []}', "train, valid, test, and has: train"),
        ('{"train": 1, "valid": [], "test": []}', "train must be a list of pieces"),
        ('{"train": [[60]], "valid": [], "test": []}', r"train\[0\] must be a list of chords"),
        ('{"train": [], "valid": [[]], "test": []}', r"valid\[0\] has no steps"),
        ('{"train": [], "valid": [], "test": [[[60.5]]]}', r"test\[0\], step 0: 60.5 is no whole"),
        ('{"train": [], "valid": [], "test": [[[true]]]}', "True is no whole number"),
        (
            '{"train": [], "valid": [], "test": [[[60], [109]]]}',
            r"test\[0\], step 1: 109 is no key",
        ),
    ],
)
def test_what_is_no_such_file_is_one_line(text: str, why: str) -> None:
    with pytest.raises(DataError, match=f"^dataset.path=a.json: .*{why}") as caught:
        read_json(text.encode(), "a.json")

    assert "\n" not in str(caught.value)
