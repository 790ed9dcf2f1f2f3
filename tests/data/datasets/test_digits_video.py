import itertools
from typing import Any

import pytest
import torch
from torch import Tensor

from rnnlab.data.datasets.digits_video import LABELS, NONE, DigitsVideo
from rnnlab.data.digits import divide_digits, load_digits
from rnnlab.data.generation import PARTS
from rnnlab.testing import DatasetContract

SMALL = {"train_size": 60, "val_size": 30, "test_size": 60}


@pytest.fixture(scope="module")
def clean() -> DigitsVideo:
    return DigitsVideo(noise=0.0, frames=40, **SMALL)


def known_digits(part: str) -> dict[bytes, int]:
    digits = divide_digits(load_digits(), val_fraction=0.1, test_fraction=0.2, split_seed=0)[part]  # type: ignore[index]
    return {
        image.numpy().tobytes(): int(label)
        for image, label in zip(digits.images, digits.labels, strict=True)
    }


def find(frame: Tensor, known: dict[bytes, int]) -> tuple[int, int]:
    """Return the digit that a frame (10, 16) shows uncovered, and its column."""
    found = []
    for row, column in itertools.product(range(3), range(9)):
        window = frame[row : row + 8, column : column + 8].contiguous()
        if (
            window.sum() == frame.sum()
            and (digit := known.get(window.numpy().tobytes())) is not None
        ):
            found.append((digit, column))
    assert len(found) == 1
    return found[0]


def watch(frames: Tensor, known: dict[bytes, int]) -> list[int]:
    """Label the frames (T, 10, 16) of a video without noise, with nothing but a memory.

    Where a digit appears tells which way it goes and when it is gone; until then it is remembered.
    """
    labels, digit, left = [], -1, 0
    for frame in frames:
        if left == 0 and frame.any():
            digit, column = find(frame, known)
            left = 9 - column if column < 4 else column + 1
        labels.append(1 + digit if left else NONE)
        left = max(0, left - 1)
    return labels


@pytest.mark.parametrize("part", PARTS)
def test_what_was_seen_before_tells_every_label(clean: DigitsVideo, part: str) -> None:
    # Holds only if each video shows digits of its own part, by the rule of the docstring.
    split, known = clean.split(part), known_digits(part)  # type: ignore[arg-type]
    for frames, labels in zip(split.input[:, :, 0], split.target.tolist(), strict=True):
        assert watch(frames, known) == labels


def test_no_classifier_of_single_frames_comes_near() -> None:
    split = DigitsVideo(noise=0.0).split("test")
    shown = split.input.flatten(2).any(2)
    none = split.target == NONE
    assert not (shown & none).any()
    blank_labels = torch.bincount(split.target[~shown], minlength=len(LABELS))
    assert int(blank_labels.argmax()) == NONE
    perfect_where_something_is_seen = (shown.sum() + blank_labels[NONE]) / none.numel()
    assert 0.6 < float(perfect_where_something_is_seen) < 0.72
    assert float(none.float().mean()) < 0.35


def test_digits_stay_six_to_nine_frames_and_leave_one_to_four_empty(clean: DigitsVideo) -> None:
    stays, gaps = set(), set()
    for labels in clean.split("train").target.tolist():
        runs = [(label, len(list(run))) for label, run in itertools.groupby(labels)]
        # The first run may be an empty scene of any length, the last one is cut by the end.
        stays |= {length for label, length in runs[:-1] if label != NONE}
        gaps |= {length for label, length in runs[1:-1] if label == NONE}
    assert stays == {6, 7, 8, 9}
    assert gaps == {1, 2, 3, 4}


def test_drop_outs_have_their_probability(clean: DigitsVideo) -> None:
    def share_hidden(dataset: DigitsVideo) -> float:
        split = dataset.split("train")
        present, first = split.target != NONE, torch.zeros_like(split.target, dtype=torch.bool)
        first[:, 0] = present[:, 0]
        first[:, 1:] = present[:, 1:] & ~present[:, :-1]
        shown = split.input.flatten(2).any(2)
        assert shown[first].all()
        return float((present & ~shown).sum() / (present & ~first).sum())

    assert share_hidden(clean) == pytest.approx(0.5, abs=0.06)
    assert share_hidden(DigitsVideo(noise=0.0, hidden=0.0, **SMALL)) == 0
    assert share_hidden(DigitsVideo(noise=0.0, hidden=1.0, **SMALL)) == 1


def test_a_bar_covers_two_rows_of_what_is_seen_again(clean: DigitsVideo) -> None:
    split = clean.split("train")
    shown = split.input.flatten(2).any(2)
    again = shown[:, 1:] & (split.target[:, 1:] == split.target[:, :-1])
    frames = split.input[:, 1:, 0][again]
    rows_with_ink = frames.any(2).sum(1)
    # Nearly every digit has ink in all of its eight rows.
    assert int(rows_with_ink.max()) == 6
    assert float((rows_with_ink == 6).float().mean()) > 0.8


def test_noise_is_added_to_all_pixels(clean: DigitsVideo) -> None:
    noisy = DigitsVideo(noise=0.2, frames=40, **SMALL).split("train").input
    quiet = clean.split("train").input
    assert torch.equal((noisy - quiet).clamp(min=0).amax() <= 0.2, torch.tensor(True))
    assert float((noisy - quiet)[quiet == 0].mean()) == pytest.approx(0.1, abs=2e-3)
    assert (float(noisy.min()), float(noisy.max())) == (pytest.approx(0, abs=1e-4), 1)


def test_the_split_seed_alone_decides_everything(clean: DigitsVideo) -> None:
    torch.manual_seed(13)
    again = DigitsVideo(noise=0.0, frames=40, **SMALL)
    other = DigitsVideo(noise=0.0, frames=40, split_seed=1, **SMALL)
    for part in PARTS:
        assert torch.equal(again.split(part).input, clean.split(part).input)
        assert torch.equal(again.split(part).target, clean.split(part).target)
    assert again.sha256() == clean.sha256() != other.sha256()


def test_the_spec_says_what_is_there(clean: DigitsVideo) -> None:
    spec, split = clean.spec, clean.split("val")
    assert split.input.shape == (30, 40, 1, 10, 16)
    assert split.target.shape == (30, 40)
    assert spec.aligned
    assert (spec.input.kind, spec.input.sequence, spec.input.shape) == ("image", True, (1, 10, 16))
    assert (spec.target.size, spec.target.max_length) == (11, 40)
    assert spec.target.vocabulary.tokens == ("none", *"0123456789")
    assert (split.input.dtype, split.target.dtype) == (torch.float32, torch.int64)


class TestDigitsVideo(DatasetContract):
    def make_dataset(self, **arguments: Any) -> DigitsVideo:
        sizes = {"train_size": 5, "val_size": 3, "test_size": 3}
        return DigitsVideo(**{"frames": 12, **sizes, **arguments})
