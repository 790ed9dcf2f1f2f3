import json

import pytest

from rnnlab.data.datasets.digits_rows import DigitsRows
from rnnlab.data.datasets.digits_video import DigitsVideo
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec, Field, Kind
from rnnlab.data.vocabulary import Vocabulary

VOWELS = DataSpec(
    Field("reals", 2, True, scaler=Scaler((0.5, 1.0), (1.0, 2.0)), name="lpc", max_length=29),
    Field("tokens", 2, False, vocabulary=Vocabulary(("a", "b")), name="speaker"),
)
LANGUAGE = DataSpec(
    Field("tokens", 3, True, vocabulary=Vocabulary(("x", "y", "z")), tokenizer="characters"),
    Field("tokens", 3, True, vocabulary=Vocabulary(("x", "y", "z")), tokenizer="characters"),
    aligned=True,
    stream=True,
    next_step=True,
)


@pytest.mark.parametrize(
    "spec", [VOWELS, LANGUAGE, DigitsRows().spec, DigitsVideo(train_size=1, val_size=0).spec]
)
def test_it_survives_json(spec: DataSpec) -> None:
    assert DataSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


@pytest.mark.parametrize(
    ("kind", "sequence", "words"),
    [
        ("tokens", False, "one of 8 tokens"),
        ("tokens", True, "a sequence of tokens of 8"),
        ("reals", False, "8 reals"),
        ("reals", True, "a sequence of 8 reals"),
        ("image", False, "an image"),
        ("image", True, "a sequence of images"),
    ],
)
def test_a_field_is_described_in_words(kind: Kind, sequence: bool, words: str) -> None:
    assert Field(kind, 8, sequence).describe() == words


def test_only_tokens_are_categorical() -> None:
    assert Field("tokens", 2, False).categorical
    assert not Field("reals", 2, False).categorical
    assert not Field("image", 2, False, shape=(1, 1, 2)).categorical


@pytest.mark.parametrize(
    ("reads", "answers", "aligned", "mapping"),
    [
        (False, False, False, "one_to_one"),
        (False, True, False, "one_to_many"),
        (True, False, False, "many_to_one"),
        (True, True, False, "many_to_many"),
        (True, True, True, "synced_many_to_many"),
    ],
)
def test_its_mapping_follows_from_the_axes_of_time(
    reads: bool, answers: bool, aligned: bool, mapping: str
) -> None:
    spec = DataSpec(Field("reals", 1, reads), Field("reals", 1, answers), aligned=aligned)
    assert spec.mapping == mapping
