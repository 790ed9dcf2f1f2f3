import torch

from rnnlab.data.dataset import Part
from rnnlab.data.text_pairs import encode_text_pairs
from rnnlab.data.vocabulary import BEGIN, END, PAD, UNKNOWN

PARTS: dict[Part, list[int]] = {"train": [0, 1], "val": [2], "test": [3]}


def test_targets_end_and_never_begin() -> None:
    spec, splits = encode_text_pairs(
        [["a"], ["b", "a"], ["c"], ["a", "a"]],
        [["x", "y"], ["x"], ["z"], ["y", "x", "x"]],
        PARTS,
        source_tokenizer="words",
        target_tokenizer="characters",
        min_count=1,
        vocabulary_size=None,
        source_name="german",
        target_name="english",
    )
    assert spec.input.vocabulary is not None
    assert spec.target.vocabulary is not None
    assert spec.input.vocabulary.tokens == (PAD, UNKNOWN, "a", "b")
    assert spec.target.vocabulary.tokens == (PAD, UNKNOWN, BEGIN, END, "x", "y")
    assert torch.equal(splits["train"].input, torch.tensor([[2, 0], [3, 2]]))
    assert torch.equal(splits["train"].target, torch.tensor([[4, 5, 3], [4, 3, 0]]))
    assert splits["train"].target_lengths is not None
    assert splits["train"].target_lengths.tolist() == [3, 2]
    assert splits["val"].input.tolist() == [[1]]
    assert splits["val"].target.tolist() == [[1, 3]]
    assert (spec.input.max_length, spec.target.max_length) == (2, 4)
    assert (spec.input.name, spec.target.name) == ("german", "english")
    assert (spec.input.tokenizer, spec.target.tokenizer) == ("words", "characters")
