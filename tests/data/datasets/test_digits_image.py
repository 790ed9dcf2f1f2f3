from typing import Any, get_args

import pytest
import torch

from rnnlab.data.dataset import Part
from rnnlab.data.datasets import digits_image
from rnnlab.data.datasets.digits_image import DigitsImage
from rnnlab.data.digits import Digits, load_digits
from rnnlab.testing import DatasetContract

PARTS = get_args(Part)


def test_images_and_classes_are_those_of_the_source() -> None:
    digits, dataset = load_digits(), DigitsImage()
    known = {
        image.numpy().tobytes(): int(label)
        for image, label in zip(digits.images, digits.labels, strict=True)
    }
    for part in PARTS:
        split = dataset.split(part)
        assert split.input.shape[1:] == (1, 8, 8)
        for image, label in zip(split.input, split.target, strict=True):
            assert known[image.numpy().tobytes()] == int(label)


def test_no_image_is_in_two_parts_and_none_is_lost() -> None:
    dataset = DigitsImage()
    images = {
        part: {image.numpy().tobytes() for image in dataset.split(part).input} for part in PARTS
    }
    assert sum(len(dataset.split(part)) for part in PARTS) == 1797
    assert len(set.union(*images.values())) == sum(len(found) for found in images.values())


def test_fractions_decide_the_sizes() -> None:
    dataset = DigitsImage(val_fraction=0.25, test_fraction=0.5)
    assert len(dataset.split("val")) == pytest.approx(1797 / 4, abs=5)
    assert len(dataset.split("test")) == pytest.approx(1797 / 2, abs=5)


def test_the_split_seed_alone_decides_the_parts() -> None:
    torch.manual_seed(1)
    first = DigitsImage(split_seed=3)
    torch.manual_seed(2)
    again, other = DigitsImage(split_seed=3), DigitsImage(split_seed=4)
    for part in PARTS:
        assert torch.equal(first.split(part).input, again.split(part).input)
    assert not torch.equal(first.split("test").input, other.split("test").input)


def test_the_hash_follows_the_content(monkeypatch: pytest.MonkeyPatch) -> None:
    before = DigitsImage().sha256()
    assert DigitsImage(split_seed=9).sha256() == before
    digits = load_digits()
    images = digits.images.clone()
    images[7, 3, 3] += 1 / 16
    monkeypatch.setattr(digits_image, "load_digits", lambda: Digits(images, digits.labels))
    assert DigitsImage().sha256() != before


def test_the_spec_says_what_is_there() -> None:
    spec = DigitsImage().spec
    assert (spec.input.kind, spec.input.shape, spec.input.size) == ("image", (1, 8, 8), 64)
    assert (spec.input.sequence, spec.target.sequence, spec.target.size) == (False, False, 10)
    assert spec.target.vocabulary is not None
    assert spec.target.vocabulary.tokens[3] == "3"


class TestDigitsImage(DatasetContract):
    reads = True

    def make_dataset(self, **arguments: Any) -> DigitsImage:
        return DigitsImage(**arguments)
