import pytest
import torch

from rnnlab.data.next_tokens import next_token_spec, next_token_split
from rnnlab.data.spec import Field
from rnnlab.data.split import TensorSplit
from rnnlab.data.vocabulary import PAD, UNKNOWN, Vocabulary
from rnnlab.errors import DataError

WORDS = Vocabulary((PAD, UNKNOWN, "a", "b", "c", "d"))
TEXT = Field("tokens", 6, sequence=True, vocabulary=WORDS, tokenizer="words", max_length=4)


def test_each_token_is_followed_by_the_next_and_padding_by_padding() -> None:
    texts = TensorSplit(
        torch.tensor([[2, 3, 4, 5], [5, 1, 0, 0], [3, 0, 0, 0], [4, 4, 2, 0]]),
        torch.tensor([0, 1, 0, 1]),
        torch.tensor([4, 2, 1, 3]),
    )
    split = next_token_split(texts, TEXT)
    # The third text is a single token.
    assert split.input.tolist() == [[2, 3, 4], [5, 0, 0], [4, 4, 0]]
    assert split.target.tolist() == [[3, 4, 5], [1, 0, 0], [4, 2, 0]]
    assert split.lengths is not None
    assert split.lengths.tolist() == [3, 1, 2]
    assert split.target_lengths is None
    assert texts.input[1].tolist() == [5, 1, 0, 0]


def test_the_spec_is_of_a_model_of_the_next_token() -> None:
    spec = next_token_spec(TEXT)
    assert spec.input == spec.target
    assert (spec.aligned, spec.next_step, spec.stream) == (True, True, False)
    assert (spec.input.vocabulary, spec.input.tokenizer, spec.input.max_length) == (
        WORDS,
        "words",
        3,
    )


def test_texts_of_one_token_are_refused() -> None:
    short = Field("tokens", 6, sequence=True, vocabulary=WORDS, max_length=1)
    with pytest.raises(DataError, match=r"dataset\.max_length=1: leaves no token to foretell"):
        next_token_spec(short)


def test_texts_without_padding_are_refused() -> None:
    bare = Field("tokens", 2, sequence=True, vocabulary=Vocabulary(("a", "b")))
    texts = TensorSplit(torch.zeros(1, 2, dtype=torch.int64), torch.zeros(1), torch.tensor([2]))
    with pytest.raises(ValueError, match="<pad>"):
        next_token_split(texts, bare)
