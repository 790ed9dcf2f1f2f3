"""Checkpoint files: whatever happens while one is written, a whole one is there.

A checkpoint is written beside its target, synced to the disk and renamed. The one before is kept
as ``previous.ckpt``, for disks that lose what they were given.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO

from rnnlab.errors import StorageError
from rnnlab.training.checkpoint_archive import DamagedCheckpoint, is_whole
from rnnlab.training.checkpoint_reading import read
from rnnlab.training.checkpoints import LAST

PREVIOUS = "previous.ckpt"
_log = logging.getLogger(__name__)


class AtomicCheckpointIO(TorchCheckpointIO):
    """Lightning's way to checkpoint files: a reader sees the old file or the new one."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Write a checkpoint; of ``last.ckpt`` the one before is kept."""
        target = Path(path)
        previous = target.with_name(PREVIOUS) if target.name == LAST else None
        write(checkpoint, target, previous=previous)

    def load_checkpoint(self, path: str | Path, *_: Any, **__: Any) -> dict[str, Any]:
        """Return a checkpoint's content, on the CPU, without trusting it."""
        return read(Path(path))


def write(content: dict[str, Any], path: Path, *, previous: Path | None = None) -> None:
    """Write a checkpoint, whole or not at all.

    Args:
        content: Tensors and plain values.
        path: The file; its folder is made, and has no other writer.
        previous: Where the file that is at ``path`` now goes, if it is whole.

    Raises:
        StorageError: It cannot be written; a whole one that was there still is, here or there.
    """
    outer = sys.exc_info()[1]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.iterdir():
            if left.name.startswith(f".{path.name}."):  # its writer was killed
                left.unlink()
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            _write_synced(content, beside)
            # A damaged file would take the place of a good one.
            if previous is not None and is_whole(path):
                os.replace(path, previous)
            os.replace(beside, path)
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except Exception as error:
        cause = _cause(error, outer)
        if isinstance(cause, OSError):
            why = cause.strerror or type(cause).__name__
            raise StorageError(f"{path}: cannot be written: {why}") from error
        if cause is not error:
            raise cause from error
        raise


def newest(folder: Path) -> tuple[Path, dict[str, Any]] | None:
    """Return path and content of the newest whole checkpoint of ``last`` and ``previous``.

    Returns:
        None where there is neither.

    Raises:
        DamagedCheckpoint: There are files, but none is whole.
        Refused: One is made to harm; it is not passed over in silence.
    """
    damaged: DamagedCheckpoint | None = None
    for path in (folder / LAST, folder / PREVIOUS):
        if not os.path.lexists(path):
            continue
        try:
            content = read(path)
        except DamagedCheckpoint as error:
            if damaged is not None:
                why = f"{damaged.why}; nor is {path.name}: {error.why}"
                raise DamagedCheckpoint(damaged.path, why) from error
            damaged = error
            continue
        if damaged is not None:
            _log.warning("%s; %s is used instead", damaged, path.name)
        return path, content
    if damaged is not None:
        raise damaged
    return None


def _write_synced(content: dict[str, Any], path: Path) -> None:
    with path.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some file systems cannot
            raise
    finally:
        os.close(descriptor)


def _cause(error: Exception, outer: BaseException | None) -> BaseException:
    """Return what really happened: torch closes its zip file on the way out, and that fails too.

    A full disk, or an :class:`~rnnlab.errors.Interrupted`, then comes out as a RuntimeError.
    """

    def chain() -> Iterator[BaseException]:
        at: BaseException | None = error
        while at is not None and at is not outer:
            yield at
            at = at.__context__

    for kind in (lambda at: not isinstance(at, Exception), lambda at: isinstance(at, OSError)):
        for at in chain():
            if kind(at):
                return at
    return error
