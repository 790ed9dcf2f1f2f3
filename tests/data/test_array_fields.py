import numpy as np
import pytest
import torch

from rnnlab.data.array_fields import input_side, target_side
from rnnlab.data.vocabulary import BEGIN, END, PAD
from rnnlab.errors import DataError


def test_reals_are_standardised_by_the_valid_steps_of_the_training_examples() -> None:
    x = np.array([[1.0, 3.0], [5.0, np.nan], [1e6, 1e6]])
    side = input_side(x, "sequence", torch.tensor([2, 1, 2]), [0, 1], scale=True, path="a.npz")
    scaler = side.field.scaler
    assert scaler is not None
    assert scaler.mean == (3.0,)
    assert scaler.std == pytest.approx((np.std([1, 3, 5]),))
    assert side.values.shape == (3, 2, 1)
    assert side.values.dtype == torch.float32
    assert side.values[1, 1, 0] == 0


def test_reals_are_left_alone_when_not_scaled() -> None:
    side = input_side(np.array([[1.0, 3.0]]), "vector", None, [0], scale=False, path="a.npz")
    assert side.values.tolist() == [[1.0, 3.0]]
    assert (side.field.size, side.field.sequence) == (2, False)


def test_bytes_are_images_of_light_from_0_to_1() -> None:
    x = np.full((2, 4, 6), 51, np.uint8)
    side = input_side(x, "image", None, [0], scale=True, path="a.npz")
    torch.testing.assert_close(side.values, torch.full((2, 1, 4, 6), 0.2))
    assert side.field.shape == (1, 4, 6)
    assert side.field.size == 24
    floats = input_side(x.astype(float), "image", None, [0], scale=True, path="a.npz")
    assert floats.values.max() == 51


def test_frames_have_steps() -> None:
    x = np.ones((2, 3, 1, 4, 6))
    x[1, 2] = np.nan
    side = input_side(x, "frames", torch.tensor([3, 2]), [0], scale=True, path="a.npz")
    assert side.field.sequence
    assert side.field.max_length == 3
    assert side.values[1].flatten(1).sum(1).tolist() == [24, 24, 0]


def test_classes_have_the_names_of_their_values() -> None:
    for y in (np.array([5, -1, 5]), np.array([5.0, -1.0, 5.0])):
        side = target_side(y, "class", None, [0, 1], scale=True, path="a.npz")
        assert side.field.vocabulary is not None
        assert side.field.vocabulary.tokens == ("-1", "5")
        assert side.values.tolist() == [1, 0, 1]
    texts = target_side(np.array(["b", "a"]), "class", None, [0], scale=True, path="a.npz")
    assert texts.values.tolist() == [1, 0]


def test_classes_of_steps_ignore_the_padding() -> None:
    y = np.array([[7, 9], [9, -100]])
    side = target_side(y, "step_classes", torch.tensor([2, 1]), [0], scale=True, path="a.npz")
    assert (side.field.size, side.field.sequence) == (2, True)
    assert side.values.tolist() == [[0, 1], [1, 0]]


def test_one_class_alone_is_refused() -> None:
    with pytest.raises(DataError, match="every target of y is 3"):
        target_side(np.array([3, 3]), "class", None, [0], scale=True, path="a.npz")


def test_token_sequences_end() -> None:
    y = np.array([[4, 6, 4], [6, -1, -1]])
    side = target_side(y, "tokens", torch.tensor([3, 1]), [0], scale=True, path="a.npz")
    assert side.field.vocabulary is not None
    assert side.field.vocabulary.tokens == (PAD, BEGIN, END, "4", "6")
    assert side.values.tolist() == [[3, 4, 3, 2], [4, 2, 0, 0]]
    assert side.lengths is not None
    assert side.lengths.tolist() == [4, 2]
    assert side.field.max_length == 4


def test_real_sequences_have_lengths_of_their_own() -> None:
    side = target_side(np.zeros((2, 3, 2)), "sequence", None, [0], scale=True, path="a.npz")
    assert side.lengths is not None
    assert side.lengths.tolist() == [3, 3]
    steps = target_side(np.zeros((2, 3)), "step_vectors", None, [0], scale=True, path="a.npz")
    assert steps.lengths is None
    assert steps.values.shape == (2, 3, 1)
