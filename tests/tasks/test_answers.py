from __future__ import annotations

import pytest
import torch

from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import Field
from rnnlab.data.tokenizer import TokenizerName
from rnnlab.data.vocabulary import BEGIN, END, PAD, Vocabulary
from rnnlab.tasks.answers import class_name, real_value, sequence_text

WORDS = Vocabulary((PAD, BEGIN, END, "a", "b"))


def test_classes_without_names_are_numbers() -> None:
    assert class_name(Field("tokens", 5, sequence=False), 4) == 4
    assert class_name(Field("tokens", 5, sequence=False, vocabulary=WORDS), 4) == "b"


@pytest.mark.parametrize(
    ("tokenizer", "expected"),
    [("words", "a b"), ("characters", "ab"), ("spaces", "a b"), (None, ["a", "b"])],
)
def test_sequences_end_at_the_end_token(
    tokenizer: TokenizerName | None, expected: str | list[str]
) -> None:
    field = Field("tokens", 5, sequence=True, vocabulary=WORDS, tokenizer=tokenizer)
    assert sequence_text(field, [1, 3, 0, 4, 2, 3]) == expected


def test_sequences_without_vocabulary_are_numbers() -> None:
    assert sequence_text(Field("tokens", 5, sequence=True), [1, 3]) == [1, 3]


def test_reals_are_unscaled_and_single_features_are_no_lists() -> None:
    scaler = Scaler((100.0,), (10.0,))
    one = Field("reals", 1, sequence=True, scaler=scaler)
    assert real_value(one, torch.tensor([[[1.0], [2.0]]])) == [[110.0, 120.0]]
    assert real_value(one, torch.tensor([[1.0]])) == [110.0]
    two = Field("reals", 2, sequence=False)
    assert real_value(two, torch.tensor([[1.0, 2.0]])) == [[1.0, 2.0]]
