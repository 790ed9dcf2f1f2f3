import numpy as np
import pytest

from rnnlab.data.array_kinds import kind_of_input, kind_of_target
from rnnlab.errors import DataError


@pytest.mark.parametrize(
    ("shape", "dtype", "kind"),
    [
        ((5, 3), "int32", "tokens"),
        ((5, 3), "uint8", "tokens"),
        ((5, 3), "float32", "vector"),
        ((5, 3, 2), "float64", "sequence"),
        ((5, 3, 2), "int64", "sequence"),
        ((5, 3, 2), "bool", "sequence"),
        ((5, 8, 8), "uint8", "image"),
        ((5, 3, 8, 8), "float32", "image"),
        ((5, 3, 8, 8), "uint8", "image"),
        ((5, 7, 3, 8, 8), "uint8", "frames"),
    ],
)
def test_what_an_input_looks_like(shape: tuple[int, ...], dtype: str, kind: str) -> None:
    assert kind_of_input(np.zeros(shape, dtype), "auto", "a.npz") == kind


@pytest.mark.parametrize(
    ("shape", "dtype", "kind"),
    [
        ((5,), "int64", "class"),
        ((5,), "bool", "class"),
        ((5,), "U3", "class"),
        ((5,), "float32", "vector"),
        ((5, 4), "float32", "vector"),
        ((5, 4), "int64", "step_classes"),
        ((5, 3), "int64", "tokens"),
        ((5, 4, 2), "float32", "step_vectors"),
        ((5, 4, 2), "bool", "step_vectors"),
        ((5, 3, 2), "float32", "sequence"),
    ],
)
def test_what_a_target_looks_like_beside_an_input_of_four_steps(
    shape: tuple[int, ...], dtype: str, kind: str
) -> None:
    target = np.zeros(shape, dtype)
    assert kind_of_target(target, "auto", "a.npz", steps=4, own_lengths=False) == kind


def test_lengths_of_its_own_make_a_target_a_sequence() -> None:
    ids, values = np.zeros((5, 4), int), np.zeros((5, 4, 1))
    assert kind_of_target(ids, "auto", "a.npz", steps=4, own_lengths=True) == "tokens"
    assert kind_of_target(values, "auto", "a.npz", steps=4, own_lengths=True) == "sequence"


def test_a_kind_can_be_asked_for() -> None:
    assert kind_of_input(np.zeros((5, 4)), "sequence", "a.npz") == "sequence"
    assert kind_of_input(np.zeros((5, 8, 8)), "image", "a.npz") == "image"
    numbers = np.arange(5.0)
    assert kind_of_target(numbers, "class", "a.npz", steps=None, own_lengths=False) == "class"


@pytest.mark.parametrize(
    ("array", "asked", "message"),
    [
        (np.zeros(5), "auto", r"dataset\.input_kind=auto: x of a\.npz has the shape \(5,\) and"),
        (np.zeros((5, 2), "U1"), "auto", r"the type <U1, which mean nothing here; valid: tokens,"),
        (np.zeros((5, 2)), "image", r"dataset\.input_kind=image: needs 3 or 4 axes"),
        (np.full((5, 2), 0.5), "tokens", "needs whole numbers"),
        (np.zeros((5, 2), "complex64"), "vector", "has the type complex64"),
    ],
)
def test_an_input_that_fits_nothing(array: np.ndarray, asked: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        kind_of_input(array, asked, "a.npz")


@pytest.mark.parametrize(
    ("array", "asked", "steps", "message"),
    [
        (np.zeros((5, 2, 2, 2)), "auto", 4, r"dataset\.target_kind=auto: y of a\.npz"),
        (np.zeros((5, 3), int), "step_classes", 4, "y has 3 steps and x has 4 steps"),
        (np.zeros((5, 3), int), "step_classes", None, "y has 3 steps and x has no steps"),
        (np.array([0.5, 1]), "class", 4, "needs whole numbers"),
    ],
)
def test_a_target_that_fits_nothing(
    array: np.ndarray, asked: str, steps: int | None, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        kind_of_target(array, asked, "a.npz", steps=steps, own_lengths=False)
