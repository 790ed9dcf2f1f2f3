"""Execute a run folder: train what its config says, measure, record how it ended.

Nothing else trains. Whatever happens, the folder's status is true afterwards: what this process
cannot write any more is written by the next command that looks.
"""

from __future__ import annotations

import errno
import logging
from typing import Any

from rnnlab.errors import (
    ConfigError,
    Interrupted,
    Preempted,
    Pruned,
    RnnlabError,
    RunFailed,
    StorageError,
    out_of_memory,
)
from rnnlab.runs.assemble import Assembly, assemble
from rnnlab.runs.attempt import Attempt
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.log import log_to
from rnnlab.runs.ownership import owned
from rnnlab.runs.record import settle
from rnnlab.runs.restore import read_config
from rnnlab.runs.supervise import run_ranks
from rnnlab.runs.trainer import count_processes, signals_of
from rnnlab.training.pruning import Pruning
from rnnlab.training.signals import Signals, interruptible

_log = logging.getLogger(__name__)


def execute(
    folder: RunFolder,
    assembly: Assembly | None = None,
    *,
    resume: bool = False,
    tracked: bool = True,
    pruning: Pruning | None = None,
) -> dict[str, Any]:
    """Train, evaluate and record the run that a folder describes.

    Args:
        folder: Holds ``config.yaml``.
        assembly: The parts, if they were built already.
        resume: Go on from the newest snapshot, or from the one that the run is to begin from.
        tracked: Whether to show the run in MLflow, if its config says so; false where somebody
            else does.
        pruning: Asks after each validation whether the training is to go on; None for always.

    Returns:
        What ``result.json`` holds.

    Raises:
        ConfigError: A living process owns the folder.
        RunFailed: The training broke off for a reason that is the run's own.
        StorageError: The disk refused.
        Pruned: The training was not to go on; the status says so too.
        Interrupted: SIGINT or SIGTERM; :class:`Preempted` when it is to be resumed later.
    """
    with owned(folder):
        try:
            config = assembly.config if assembly is not None else read_config(folder)
            with interruptible(signals_of(config)) as signals, log_to(folder):
                return _recorded(
                    folder, assembly, signals, resume=resume, tracked=tracked, pruning=pruning
                )
        except (Interrupted, KeyboardInterrupt) as interrupt:
            # It came before the run said that it runs, or while it was to say how it ended.
            if folder.read_status().get("status") in (Status.CREATED, Status.RUNNING):
                folder.write_status(_status_of(interrupt), str(interrupt) or "interrupted")
            raise


def _recorded(
    folder: RunFolder,
    assembly: Assembly | None,
    signals: Signals,
    *,
    resume: bool,
    tracked: bool,
    pruning: Pruning | None,
) -> dict[str, Any]:
    attempt = None
    try:
        folder.reserve()
        folder.write_status(Status.RUNNING)
        config = assembly.config if assembly is not None else read_config(folder)
        if (count := count_processes(config)) > 1:
            if pruning is not None:
                why = f"trains in {count} processes, and only one can be pruned"
                raise ConfigError(why, key="trainer.devices", value=config.trainer.devices)
            run_ranks(folder, count, signals, resume=resume, tracked=tracked)
            result = folder.read_result()
        else:
            attempt = Attempt(folder, assembly or assemble(config), signals, tracked=tracked)
            result = attempt.train(resume=resume, pruning=pruning)
    except Interrupted as interrupt:
        _end(folder, attempt, _status_of(interrupt), str(interrupt))
        raise
    except Pruned as pruned:
        _end(folder, attempt, Status.PRUNED, str(pruned))
        raise
    except BaseException as error:
        if signals.arrived is not None:
            # torch turns an interrupt in the middle of its work into an error of its own.
            _end(folder, attempt, _status_of(signals.arrived), str(signals.arrived))
            raise signals.arrived from error
        _log.error("the run failed", exc_info=error)
        failure = explained(error, folder)
        _end(folder, attempt, Status.FAILED, cause_of(failure))
        if failure is error:
            raise
        raise failure from error
    _end(folder, attempt, Status.FINISHED, None)
    return result


def _status_of(interrupt: Interrupted | KeyboardInterrupt) -> Status:
    return Status.PREEMPTED if isinstance(interrupt, Preempted) else Status.KILLED


def explained(error: BaseException, folder: RunFolder) -> BaseException:
    """Return the error, or what it means where its own message would mislead."""
    if isinstance(error, SystemExit):
        return RunFailed(f"a part of the run ended the process: sys.exit({error.code!r})")
    if out_of_memory(error):
        first = next(iter(str(error).splitlines()), "") or type(error).__name__
        return RunFailed(f"out of memory: {first}; a smaller trainer.batch_size needs less")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(f"{folder.path}: {error.strerror}")
    return error


def cause_of(error: BaseException) -> str:
    """Return what the status of a run says of an error that ended it."""
    plain = isinstance(error, RnnlabError | Interrupted)
    return str(error) if plain else f"{type(error).__name__}: {error}"


def _end(folder: RunFolder, attempt: Attempt | None, status: Status, cause: str | None) -> None:
    # The folder knows first: whatever happens to the tracking server, the status here is true.
    try:
        folder.write_status(status, cause)
    except Interrupted as interrupt:
        # Then this is the end.
        _end(folder, attempt, _status_of(interrupt), str(interrupt))
        raise
    try:
        _tell(folder, attempt, status, cause)
    except Interrupted:
        if status.is_end:
            _log.warning("the run has ended; what MLflow lacks of it is sent by: rnnlab sync")
        raise


def _tell(folder: RunFolder, attempt: Attempt | None, status: Status, cause: str | None) -> None:
    if attempt is not None:
        attempt.finish(status, cause)
    elif folder.manifest.exists():
        # Ranks have logged it, or nobody has.
        try:
            settle(folder)
        except RnnlabError as error:
            _log.warning("%s", error)  # it must not hide why the run ended
