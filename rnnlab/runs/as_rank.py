"""Execute a run folder as one rank of several: ``python -m rnnlab.runs.as_rank RUN``.

Started by :mod:`rnnlab.runs.supervise` only, which owns the folder and its status.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from contextlib import nullcontext, suppress
from pathlib import Path

from pytorch_lightning.utilities import rank_zero_only

from rnnlab.errors import Interrupted, Preempted, StorageError
from rnnlab.runs import ranks
from rnnlab.runs.assemble import assemble, seed_everything
from rnnlab.runs.attempt import Attempt
from rnnlab.runs.execute import cause_of, explained
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.json_files import write_json
from rnnlab.runs.log import log_to
from rnnlab.runs.restore import read_config
from rnnlab.runs.trainer import signals_of
from rnnlab.training.signals import interruptible

_log = logging.getLogger("rnnlab.runs.as_rank")  # __name__ is __main__ here


def main(path: str, *options: str) -> int:
    """Do this rank's part and return the exit code.

    Args:
        path: The run folder.
        options: ``resume``, and ``untracked``, where they are meant.
    """
    # Lightning asks this of every logger and message, before it has made a Trainer.
    rank_zero_only.rank = ranks.rank()  # type: ignore[attr-defined]
    threading.Thread(target=_die_with_parent, daemon=True).start()
    folder, number = RunFolder(Path(path).absolute()), ranks.rank()
    config = read_config(folder)
    # One process writes the log; what the others print is added to it.
    log = log_to(folder) if number == 0 else nullcontext()
    with interruptible(signals_of(config)) as signals, log:
        try:
            assembly = assemble(config)
            # Same weights, other dropout: the shares of a batch are not to be dropped alike.
            seed_everything(int(config.seed) + 1_000_003 * number)
            attempt = Attempt(folder, assembly, signals, tracked="untracked" not in options)
            attempt.train(resume="resume" in options)
            attempt.finish(Status.FINISHED, None)
        except Preempted as preempted:
            return preempted.exit_code
        except BaseException as error:
            return _report(folder, number, error)
    return 0


def _report(folder: RunFolder, number: int, error: BaseException) -> int:
    _log.error("rank %d failed", number, exc_info=error)
    failure = explained(error, folder)
    code = int(getattr(failure, "exit_code", 1))
    content = {"cause": cause_of(failure), "exit_code": code, "time": time.time()}
    with suppress(StorageError):  # the disk is full; the exit code says that much
        write_json(folder.rank_failure(number), content)
    return code


def _die_with_parent() -> None:
    # Nothing is ever written to it: the end of standard input is the end of the other side.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


if __name__ == "__main__":
    # A process group that was broken off can hang in its destructors.
    try:
        code = main(*sys.argv[1:])
    except Interrupted as interrupt:
        # It came while the end of this rank was being told; the parent knows why.
        code = interrupt.exit_code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
