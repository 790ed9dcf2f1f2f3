import errno
import os

import pytest

from rnnlab.errors import StorageError
from rnnlab.sweeps.disk import is_refusal, why_refused


def raised(number):
    try:
        try:
            raise OSError(number, os.strerror(number))
        except OSError as error:
            raise StorageError("the file cannot be written") from error
    except StorageError as error:
        return error


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO])
def test_a_disk_behind_an_error_is_seen(number):
    assert is_refusal(raised(number))


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EACCES])
def test_other_errors_are_no_matter_of_the_disk(number):
    assert not is_refusal(raised(number))
    assert not is_refusal(StorageError("the file is damaged"))


def test_a_folder_that_takes_what_is_written_was_refused_for_a_moment(tmp_path):
    assert why_refused(tmp_path) == f"{tmp_path}: the disk refused for a moment"
    assert list(tmp_path.iterdir()) == []
    gone = tmp_path / "gone"
    assert why_refused(gone) == f"{gone}: {os.strerror(errno.ENOENT)}"
