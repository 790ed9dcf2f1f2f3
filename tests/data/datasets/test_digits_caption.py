from typing import Any

import pytest
import torch
from torch import Tensor

from rnnlab.data.datasets import digits_caption
from rnnlab.data.datasets.digits_caption import WORDS, DigitsCaption
from rnnlab.data.digits import Digits, load_digits
from rnnlab.data.generation import PARTS
from rnnlab.testing import DatasetContract


@pytest.fixture(scope="module")
def dataset() -> DigitsCaption:
    return DigitsCaption()


def known_digits() -> dict[bytes, int]:
    digits = load_digits()
    return {
        image.numpy().tobytes(): int(label)
        for image, label in zip(digits.images, digits.labels, strict=True)
    }


def pieces(canvas: Tensor) -> list[bytes]:
    """Cut a canvas (1, 8, 8 D) into its non-blank digits, from the left."""
    cut = [canvas[0, :, start : start + 8].contiguous() for start in range(0, canvas.shape[2], 8)]
    return [piece.numpy().tobytes() for piece in cut if piece.any()]


def test_captions_name_the_digits_that_are_seen(dataset: DigitsCaption) -> None:
    known, vocabulary = known_digits(), dataset.spec.target.vocabulary
    for part in PARTS:
        split = dataset.split(part)
        for canvas, caption in zip(split.input[:600], split.target[:600].tolist(), strict=True):
            seen = [WORDS[known[piece]] for piece in pieces(canvas)]
            assert vocabulary.decode(caption) == seen
            assert not canvas[0, :, 8 * len(seen) :].any()


def test_captions_end_with_end(dataset: DigitsCaption) -> None:
    vocabulary = dataset.spec.target.vocabulary
    for part in PARTS:
        split = dataset.split(part)
        ends = split.target == vocabulary.end
        assert torch.equal(ends.sum(1), torch.ones(len(split), dtype=torch.int64))
        assert torch.equal(ends.int().argmax(1) + 1, split.target_lengths)
        assert not (split.target == vocabulary.begin).any()


def test_no_digit_is_in_the_pictures_of_two_parts(dataset: DigitsCaption) -> None:
    used = {
        part: {piece for canvas in dataset.split(part).input for piece in pieces(canvas)}
        for part in PARTS
    }
    assert not used["test"] & used["train"]
    assert not used["val"] & (used["train"] | used["test"])
    assert len(used["train"]) == pytest.approx(1797 * 0.7, abs=10)


def test_each_number_of_digits_is_equally_likely(dataset: DigitsCaption) -> None:
    counts = torch.bincount(dataset.split("train").target_lengths - 1, minlength=5)
    assert counts[0] == 0
    # Four standard deviations of a binomial count.
    assert (counts[1:] - 1500).abs().max() < 4 * (6000 * 0.25 * 0.75) ** 0.5


def test_sizes_and_the_number_of_digits_are_arguments() -> None:
    small = DigitsCaption(max_digits=2, train_size=7, val_size=0, test_size=3)
    assert [len(small.split(part)) for part in PARTS] == [7, 0, 3]
    assert small.split("train").input.shape == (7, 1, 8, 16)
    assert (small.spec.input.shape, small.spec.target.max_length) == ((1, 8, 16), 3)


def test_the_split_seed_alone_decides_everything(dataset: DigitsCaption) -> None:
    torch.manual_seed(11)
    again, other = DigitsCaption(), DigitsCaption(split_seed=1)
    for part in PARTS:
        assert torch.equal(again.split(part).input, dataset.split(part).input)
        assert torch.equal(again.split(part).target, dataset.split(part).target)
    assert again.sha256() == dataset.sha256() != other.sha256()


def test_the_size_of_one_part_leaves_the_others_alone(dataset: DigitsCaption) -> None:
    small = DigitsCaption(train_size=10)
    assert torch.equal(small.split("test").input, dataset.split("test").input)


def test_the_hash_follows_the_content(
    monkeypatch: pytest.MonkeyPatch, dataset: DigitsCaption
) -> None:
    digits = load_digits()
    monkeypatch.setattr(
        digits_caption, "load_digits", lambda: Digits(digits.images.flip(2), digits.labels)
    )
    assert DigitsCaption().sha256() != dataset.sha256()


def test_the_spec_says_what_is_there(dataset: DigitsCaption) -> None:
    spec, split = dataset.spec, dataset.split("train")
    assert split.input.shape == (6000, 1, 8, 32)
    assert (spec.input.kind, spec.input.sequence, spec.input.shape) == ("image", False, (1, 8, 32))
    assert (spec.target.size, spec.target.tokenizer) == (13, "spaces")
    assert spec.target.max_length == int(split.target_lengths.max()) == 5
    assert (split.input.dtype, split.target.dtype) == (torch.float32, torch.int64)
    assert (float(split.input.min()), float(split.input.max())) == (0, 1)


class TestDigitsCaption(DatasetContract):
    def make_dataset(self, **arguments: Any) -> DigitsCaption:
        sizes = {"train_size": 9, "val_size": 5, "test_size": 5}
        return DigitsCaption(**{**sizes, **arguments})
