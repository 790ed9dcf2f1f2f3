import errno
import logging
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from rnnlab.errors import Interrupted, Refused, StorageError
from rnnlab.training.checkpoint_archive import DamagedCheckpoint
from rnnlab.training.checkpoint_files import PREVIOUS, AtomicCheckpointIO, newest, write
from rnnlab.training.checkpoint_reading import read
from rnnlab.training.checkpoints import LAST


def content(number, size=3000):
    return {"number": number, "weights": torch.full((size,), float(number))}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_checkpoint_before_is_kept_of_the_last_only(tmp_path):
    io = AtomicCheckpointIO()
    for number in range(3):
        for name in ("last.ckpt", "best.ckpt"):
            io.save_checkpoint(content(number), tmp_path / "sub" / name)
    assert names(tmp_path / "sub") == ["best.ckpt", "last.ckpt", "previous.ckpt"]
    assert io.load_checkpoint(tmp_path / "sub" / "best.ckpt")["number"] == 2
    path, found = newest(tmp_path / "sub")
    assert (path.name, found["number"]) == ("last.ckpt", 2)
    assert torch.equal(found["weights"], content(2)["weights"])
    assert read(tmp_path / "sub" / PREVIOUS)["number"] == 1


def test_a_damaged_checkpoint_does_not_take_the_place_of_a_good_one(tmp_path):
    write(content(1), tmp_path / PREVIOUS)
    (tmp_path / LAST).write_bytes(b"half")
    write(content(2), tmp_path / LAST, previous=tmp_path / PREVIOUS)
    assert (read(tmp_path / LAST)["number"], read(tmp_path / PREVIOUS)["number"]) == (2, 1)


def test_leftovers_of_killed_writers_are_removed(tmp_path):
    (tmp_path / ".last.ckpt.123").write_bytes(b"half")
    (tmp_path / ".best.ckpt.123").write_bytes(b"another's")
    write(content(1), tmp_path / LAST)
    assert names(tmp_path) == [".best.ckpt.123", "last.ckpt"]


@pytest.mark.parametrize(
    ("step", "nth"), [("fsync", 0), ("fsync", 1), ("replace", 0), ("replace", 1), ("open", 0)]
)
def test_an_error_of_the_disk_leaves_the_old_checkpoint(tmp_path, monkeypatch, step, nth):
    write(content(1), tmp_path / LAST)
    real, calls = getattr(os, step), []

    def failing(*args, **kwargs):
        calls.append(args)
        if len(calls) > nth:
            raise OSError(errno.EIO, "Input/output error")
        return real(*args, **kwargs)

    monkeypatch.setattr(os, step, failing)
    with pytest.raises(StorageError, match=r"last\.ckpt: cannot be written: Input/output error"):
        write(content(2), tmp_path / LAST, previous=tmp_path / PREVIOUS)
    monkeypatch.undo()
    assert not [name for name in names(tmp_path) if name.startswith(".")]
    renamed = step == "open" or (step, nth) == ("fsync", 1)  # only the folder is not synced
    assert newest(tmp_path)[1]["number"] == (2 if renamed else 1)


def test_a_target_that_is_a_folder_is_an_error_of_storage(tmp_path):
    (tmp_path / LAST).mkdir()
    with pytest.raises(StorageError, match="cannot be written"):
        write(content(1), tmp_path / LAST, previous=tmp_path / PREVIOUS)
    assert names(tmp_path) == [LAST]
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be written"):
        write(content(1), tmp_path / "file" / LAST)


def test_what_cannot_be_pickled_is_no_error_of_storage(tmp_path):
    write(content(1), tmp_path / LAST)
    with pytest.raises(Exception, match="pickle"):
        write({"x": lambda: None}, tmp_path / LAST)
    assert newest(tmp_path)[1]["number"] == 1
    assert names(tmp_path) == [LAST]


class Breaking:
    """A file whose nth write and all after it raise."""

    def __init__(self, file, nth, error):
        self.file, self.left, self.error = file, nth, error

    def write(self, data):
        self.left -= 1
        if self.left < 0:
            raise self.error
        return self.file.write(data)

    def __getattr__(self, name):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()


@pytest.mark.parametrize(
    ("error", "raised"), [(OSError(28, "No space"), StorageError), (Interrupted(15), Interrupted)]
)
def test_torch_turns_no_error_of_writing_into_one_of_its_own(tmp_path, monkeypatch, error, raised):
    write(content(1), tmp_path / LAST)
    real, nth = Path.open, 0

    def opened(path, *args):
        file = real(path, *args)
        return Breaking(file, nth, error) if path.name.startswith(".") else file

    monkeypatch.setattr(Path, "open", opened)
    while True:
        try:
            write(content(2), tmp_path / LAST)
        except raised:
            nth += 1
        else:
            break
        assert newest(tmp_path)[1]["number"] == 1
        assert names(tmp_path) == [LAST]
    assert nth > 20
    assert newest(tmp_path)[1]["number"] == 2


def test_the_newest_whole_checkpoint_is_used(tmp_path, caplog):
    last, previous = tmp_path / LAST, tmp_path / PREVIOUS
    caplog.set_level(logging.WARNING, "rnnlab")
    assert newest(tmp_path) is None
    assert newest(tmp_path / "nothing") is None
    write(content(1), previous)
    assert newest(tmp_path)[0] == previous
    assert not caplog.records  # killed between the two renames: nothing is lost
    last.write_bytes(b"")
    path, found = newest(tmp_path)
    assert (path, found["number"]) == (previous, 1)
    (record,) = caplog.records
    assert record.getMessage() == (
        f"{last}: is not a whole checkpoint: it is empty; previous.ckpt is used instead"
    )
    previous.write_text("neither")
    with pytest.raises(DamagedCheckpoint, match=r"it is empty; nor is previous\.ckpt: it is no"):
        newest(tmp_path)


def test_a_hostile_checkpoint_is_not_passed_over(tmp_path):
    write(content(1), tmp_path / PREVIOUS)
    (tmp_path / LAST).write_bytes(b"\x80\x02cos\nsystem\n.")
    with pytest.raises(Refused, match="bare pickle"):
        newest(tmp_path)


KILLS = '''
import io, os, sys
from pathlib import Path
import torch
from rnnlab.training.checkpoint_files import PREVIOUS, newest, write
from rnnlab.training.checkpoints import LAST

def content(number):
    return {"number": number, "weights": torch.full((5000,), float(number))}

def killed_at(nth):
    """Make the nth call to the operating system the last, a write only half done."""
    left = [nth]
    def die():
        left[0] -= 1
        return left[0] < 0
    def counted(real):
        def call(*args, **kwargs):
            if die():
                os._exit(9)
            return real(*args, **kwargs)
        return call
    class Raw(io.FileIO):
        def write(self, data):
            if die():
                super().write(bytes(data)[: len(data) // 2])
                os._exit(9)
            return super().write(data)
    real_open = Path.open
    def opened(path, mode="r", *args, **kwargs):
        if mode != "wb":
            return real_open(path, mode, *args, **kwargs)
        return io.BufferedWriter(Raw(path, "wb"))
    Path.open = opened
    for name in ("replace", "fsync", "unlink", "mkdir", "open", "close"):
        setattr(os, name, counted(getattr(os, name)))

def check(folder, before, nth):
    """Return whether the writer came to its end."""
    last, previous = folder / LAST, folder / PREVIOUS
    if before == "damaged":
        write(content(0), previous)
        folder.mkdir(exist_ok=True)
        last.write_bytes(b"half a file")
    for number in range({"nothing": 0, "one": 1, "two": 2, "damaged": 0}[before]):
        write(content(number), last, previous=previous)
    old = {"nothing": None, "one": 0, "two": 1, "damaged": 0}[before]
    child = os.fork()
    if child == 0:
        killed_at(nth)
        write(content(7), last, previous=previous)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, 9), status
    found = newest(folder)
    number = None if found is None else found[1]["number"]
    assert number in ((7,) if status == 0 else (old, 7)), (before, nth, number)
    if found is not None:
        assert torch.equal(found[1]["weights"], content(number)["weights"])
    write(content(8), last, previous=previous)
    assert newest(folder)[1]["number"] == 8
    assert {path.name for path in folder.iterdir()} <= {LAST, PREVIOUS}
    return status == 0

for before in ("nothing", "one", "two", "damaged"):
    nth = 0
    while not check(Path(sys.argv[1]) / f"{before}{nth}", before, nth):
        nth += 1
    print(before, nth)
'''


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_any_point_a_whole_checkpoint_is_there(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLS, str(tmp_path)],
        capture_output=True, text=True, timeout=200, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    points = dict(line.split() for line in done.stdout.splitlines())
    assert list(points) == ["nothing", "one", "two", "damaged"]
    # A write is many calls: pieces of the file, both syncs, the renames.
    assert all(int(count) >= 10 for count in points.values()), points


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("no file system can be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def written(what, path):
    """Write a checkpoint; return why it could not be, if so."""
    try:
        write(what, path, previous=path.with_name(PREVIOUS))
    except StorageError as error:
        return str(error)
    return None


def test_a_full_disk_leaves_the_old_checkpoint(small_disk):
    page, last, failed = 4096, small_disk / LAST, 0
    write(content(1, 10_000), last)
    ballast = small_disk / "ballast"
    for free in range(16):  # pages; a checkpoint takes eleven
        with ballast.open("wb", buffering=0) as file:
            with suppress(OSError):
                while file.write(bytes(page)) == page:
                    pass
            file.truncate(file.tell() - free * page)
        why = written(content(2, 10_000), last)
        if why is None:
            break
        failed += 1
        assert why == f"{last}: cannot be written: No space left on device"
        assert newest(small_disk)[1]["number"] == 1
        assert names(small_disk) == ["ballast", LAST]
        ballast.unlink()
        write(content(1, 10_000), last)
    assert failed >= 8
    assert newest(small_disk)[1]["number"] == 2
    assert read(small_disk / PREVIOUS)["number"] == 1


def test_a_read_only_disk_is_named(small_disk):
    write(content(1), small_disk / LAST)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StorageError, match=r"last\.ckpt: cannot be written: Read-only"):
        write(content(2), small_disk / LAST, previous=small_disk / PREVIOUS)
    assert newest(small_disk)[1]["number"] == 1
