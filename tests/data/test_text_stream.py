import pytest
import torch

from rnnlab.data.dataset import Part
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import StreamSplit
from rnnlab.data.text_stream import encode_text_stream
from rnnlab.errors import DataError


def encode(tokens: str, min_count: int = 1) -> tuple[DataSpec, dict[Part, StreamSplit]]:
    return encode_text_stream(
        list(tokens),
        "t.txt",
        tokenizer="spaces",
        min_count=min_count,
        vocabulary_size=None,
        val_fraction=0.25,
        test_fraction=0.25,
    )


def test_the_target_is_the_input_one_step_later_within_each_part() -> None:
    spec, splits = encode("aabbbbacaabb")
    assert spec.input.vocabulary is not None
    assert spec.input.vocabulary.tokens == ("<unk>", "b", "a")
    assert spec.aligned
    assert spec.stream
    assert spec.next_step
    expected = {"train": [2, 2, 1, 1, 1, 1], "val": [2, 0, 2], "test": [2, 1, 1]}
    for part, split in splits.items():
        assert torch.equal(split.input, torch.tensor(expected[part][:-1]))
        assert torch.equal(split.target, torch.tensor(expected[part][1:]))


def test_rare_tokens_are_unknown() -> None:
    spec, _ = encode("aabbbcddeeff", min_count=2)
    assert spec.input.vocabulary is not None
    assert spec.input.vocabulary.tokens == ("<unk>", "b", "a")


def test_a_part_of_one_token_is_refused() -> None:
    with pytest.raises(DataError, match=r"dataset\.path=t\.txt: a text of 4 tokens is too short"):
        encode("abab")
