from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
import torch
from scipy.io import loadmat, savemat
from scipy.sparse import csc_array

from rnnlab.errors import DataError
from rnnlab_polyphony.mat_file import read_mat


def cells(*pieces: Any) -> np.ndarray:
    array = np.empty((1, len(pieces)), dtype=object)
    for i, piece in enumerate(pieces):
        array[0, i] = piece
    return array


def mat(**arrays: Any) -> bytes:
    stream = BytesIO()
    savemat(stream, arrays, do_compression=True)
    return stream.getvalue()


def piece(steps: int, seed: int = 0, dtype: Any = np.uint8) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, (steps, 88)).astype(dtype)


def parts(**others: Any) -> dict[str, Any]:
    return {
        "traindata": cells(piece(3)),
        "validdata": cells(piece(2)),
        "testdata": cells(piece(4)),
    } | others


def test_the_pieces_are_those_that_scipy_reads() -> None:
    content = mat(**parts(traindata=cells(piece(3, 1), piece(5, 2, np.float64))))

    rolls = read_mat(content, "a.mat")

    own = loadmat(BytesIO(content))
    for part, name in (("train", "traindata"), ("val", "validdata"), ("test", "testdata")):
        for roll, expected in zip(rolls[part], own[name][0], strict=True):
            assert roll.dtype == torch.uint8
            assert (roll.numpy() == expected).all()


def spoilt(where: tuple[int, int], value: float) -> np.ndarray:
    roll = piece(3, dtype=np.float64)
    roll[where] = value
    return roll


WRONG = {
    "has no validdata, testdata; of these three it holds: traindata": {
        "traindata": cells(piece(3))
    },
    "it holds: none": {"other": piece(2)},
    "testdata must be a cell array of pieces": parts(testdata=piece(3)),
    r"traindata\{2\} has the shape \(3, 4\)": parts(traindata=cells(piece(2), np.ones((3, 4)))),
    r"traindata\{1\} has no steps": parts(traindata=cells(np.zeros((0, 88)))),
    r"traindata\{1\} holds something else than numbers": parts(traindata=cells("notes")),
    r"validdata\{1\} holds something else": parts(
        validdata=cells(csc_array(piece(2, dtype=float)))
    ),
    r"\{1\} has 0.5 at \(2, 5\), and must": parts(testdata=cells(spoilt((1, 4), 0.5))),
    r"\{1\} has nan at \(1, 1\)": parts(testdata=cells(spoilt((0, 0), np.nan))),
}


@pytest.mark.parametrize("why", WRONG)
def test_arrays_that_are_no_pieces_are_one_line(why: str) -> None:
    assert_refused(mat(**WRONG[why]), why)


def test_what_scipy_cannot_read_is_one_line() -> None:
    whole = mat(**parts())

    assert_refused(b"PK, something else", "is no MATLAB file that can be read")
    assert_refused(whole[: len(whole) // 2], "is no MATLAB file that can be read")


def test_the_newer_format_is_told_how_to_become_the_older_one() -> None:
    head = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"

    assert_refused(head + bytes(200), "version 7.3; save it with: save -v7")


def assert_refused(content: bytes, why: str) -> None:
    with pytest.raises(DataError, match=f"^dataset.path=a.mat: .*{why}") as caught:
        read_mat(content, "a.mat")
    assert "\n" not in str(caught.value)
