import pytest
import torch

from rnnlab.data.dataset import Part
from rnnlab.data.labelled_texts import encode_labelled_texts, require_classes
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import TensorSplit
from rnnlab.data.vocabulary import PAD, UNKNOWN
from rnnlab.errors import DataError

PARTS: dict[Part, list[int]] = {"train": [0, 1], "val": [2], "test": [3]}


def encode(
    texts: list[str], labels: list[str], max_length: int | None = None
) -> tuple[DataSpec, dict[Part, TensorSplit]]:
    return encode_labelled_texts(
        texts,
        labels,
        PARTS,
        tokenizer="words",
        min_count=1,
        vocabulary_size=None,
        max_length=max_length,
        text_name="text",
        label_name="label",
    )


def test_tokens_are_those_of_the_training_part() -> None:
    spec, splits = encode(["b a b", "C", "a d e", "c"], ["x", "y", "y", "x"])
    vocabulary = spec.input.vocabulary
    assert vocabulary is not None
    assert vocabulary.tokens == (PAD, UNKNOWN, "b", "a", "c")
    assert torch.equal(splits["train"].input, torch.tensor([[2, 3, 2], [4, 0, 0]]))
    assert torch.equal(splits["val"].input, torch.tensor([[3, 1, 1]]))
    assert [split.target.tolist() for split in splits.values()] == [[0, 1], [1], [0]]
    assert (spec.input.size, spec.input.max_length, spec.target.size) == (5, 3, 2)


def test_long_texts_are_cut_at_their_end() -> None:
    spec, splits = encode(["a b c d", "e", "f", "g"], ["x", "y", "x", "y"], max_length=2)
    assert splits["train"].input.shape == (2, 2)
    assert spec.input.max_length == 2


def test_one_class_alone_is_refused() -> None:
    with pytest.raises(DataError, match=r"dataset\.label=label: every row has the same label, 'x'"):
        encode(["a", "b", "c", "d"], ["x"] * 4)


def test_a_class_without_training_examples_is_refused() -> None:
    with pytest.raises(DataError, match="no example of 'z'"):
        encode(["a", "b", "c", "d"], ["x", "y", "z", "x"])


def test_labels_that_hardly_repeat_are_no_classes() -> None:
    require_classes(["a", "a", "b", "b"], "price")
    with pytest.raises(DataError, match=r"dataset\.label=price: 3 different labels in 5 rows are"):
        require_classes(["a", "b", "c", "c", "c"], "price")
