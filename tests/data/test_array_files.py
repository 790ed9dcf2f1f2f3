import hashlib
from pathlib import Path

import numpy as np
import pytest

from rnnlab.data.array_files import read_arrays, require_names
from rnnlab.errors import DataError


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_npz_file(tmp_path: Path, save) -> None:
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    save(tmp_path / "a.npz", x=x, y=np.array(["a", "b"]))
    arrays, digest = read_arrays(str(tmp_path / "a.npz"))
    assert list(arrays) == ["x", "y"]
    np.testing.assert_array_equal(arrays["x"], x)
    assert arrays["y"].tolist() == ["a", "b"]
    assert digest == hashlib.sha256((tmp_path / "a.npz").read_bytes()).hexdigest()


def test_a_folder_and_its_hash(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(3))
    np.save(tmp_path / "y.npy", np.ones(3))
    arrays, digest = read_arrays(str(tmp_path))
    assert arrays["x"].tolist() == [0, 1, 2]
    assert arrays["y"].tolist() == [1, 1, 1]
    assert read_arrays(str(tmp_path))[1] == digest
    np.save(tmp_path / "y.npy", np.zeros(3))
    assert read_arrays(str(tmp_path))[1] != digest


class Payload:
    """Unpickling one of these is seen."""

    opened = False

    def __reduce__(self):
        return (setattr, (Payload, "opened", True))


def test_pickled_objects_are_refused_and_never_opened(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array([Payload()], dtype=object))
    with pytest.raises(DataError, match=r"x\.npy holds pickled objects"):
        read_arrays(str(tmp_path / "a.npz"))
    assert not Payload.opened


def test_what_is_no_file_of_arrays_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(300))
    whole = (tmp_path / "x.npy").read_bytes()
    with pytest.raises(DataError, match="is one array; give the folder"):
        read_arrays(str(tmp_path / "x.npy"))
    (tmp_path / "x.npy").write_bytes(whole[:200])
    with pytest.raises(DataError, match=r"x\.npy is no array that can be read"):
        read_arrays(str(tmp_path))
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(DataError, match=r"is no \.npz file"):
        read_arrays(str(tmp_path / "a.npz"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"holds no \.npy"):
        read_arrays(str(tmp_path / "empty"))
    with pytest.raises(DataError, match=r"did you mean .*a\.npz"):
        read_arrays(str(tmp_path / "b.npz"))


def test_names_are_checked() -> None:
    array = np.zeros(1)

    def check(*names: str) -> None:
        require_names(
            dict.fromkeys(names, array), "a.npz", required=("x", "y"), allowed=("x", "y", "lengths")
        )

    check("x", "y", "lengths")
    with pytest.raises(
        DataError, match=r"unknown array 'length'; did you mean lengths\?; valid: x"
    ):
        check("x", "y", "length")
    with pytest.raises(DataError, match="has no array 'y', only: x"):
        check("x")
