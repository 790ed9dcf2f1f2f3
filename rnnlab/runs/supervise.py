"""Start the ranks of a run, watch them, and leave none behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from rnnlab.errors import ConfigError, Refused, RnnlabError, RunFailed, StorageError
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.json_files import read_json
from rnnlab.runs.ranks import PROCESSES, RANK
from rnnlab.training.signals import Signals

_LOOK_EVERY = 0.05
_PATIENCE = 5.0
# A rank that is still starting does not listen yet, and dies of the signal. Windows has none.
_DID_NOT_LISTEN = -getattr(signal, "SIGUSR1", 10)
_MADE_ROOM = (75, _DID_NOT_LISTEN)
_KINDS: dict[int | None, type[RnnlabError]] = {
    kind.exit_code: kind for kind in (ConfigError, Refused, StorageError)
}

Rank = subprocess.Popen[bytes]


def run_ranks(
    folder: RunFolder, count: int, signals: Signals, *, resume: bool, tracked: bool = True
) -> None:
    """Execute a folder in several processes, and return when all have done their work.

    Args:
        folder: The run, which this process owns.
        count: How many ranks.
        signals: What was asked of this process is asked of the ranks.
        resume: Whether they go on from the newest snapshot.
        tracked: Whether the run is shown in MLflow, if its config says so.

    Raises:
        RunFailed: A rank failed or died; the others were ended. Where a rank failed of another
            error of rnnlab's, that kind of error.
        Interrupted: A signal arrived; all ranks were ended.
    """
    # Late, for not every torch has it.
    from torch.distributed import TCPStore  # type: ignore[attr-defined]

    # The ranks meet at a port that the system chose here, so that no two runs can want the same.
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    _forget_failures(folder, count)
    arguments = [
        str(folder.path),
        *(["resume"] if resume else []),
        *([] if tracked else ["untracked"]),
    ]
    with _started(folder, count, arguments, store.port) as ranks, signals.snapshots():
        asked = False
        while any(rank.poll() is None for rank in ranks):
            if any(rank.poll() == _DID_NOT_LISTEN for rank in ranks):
                signals.leave()  # the others would wait for it
            if any(rank.poll() not in (None, 0, *_MADE_ROOM) for rank in ranks):
                raise _failure(folder, ranks)
            if signals.wants_snapshot and not asked:
                asked = True
                for rank in ranks:
                    rank.send_signal(signal.SIGUSR1)
            time.sleep(_LOOK_EVERY)
        if any(rank.returncode not in (0, *_MADE_ROOM) for rank in ranks):
            raise _failure(folder, ranks)
        if any(rank.returncode in _MADE_ROOM for rank in ranks):
            signals.leave()


@contextmanager
def _started(
    folder: RunFolder, count: int, arguments: list[str], port: int
) -> Iterator[list[Rank]]:
    ranks: list[Rank] = []
    with folder.log.open("ab") as log:
        try:
            for number in range(count):
                ranks.append(_start(folder, number, count, arguments, port, log))
            yield ranks
        finally:
            _end(ranks)
            _forget_failures(folder, count)


def _forget_failures(folder: RunFolder, count: int) -> None:
    for number in range(count):
        folder.rank_failure(number).unlink(missing_ok=True)


def _start(
    folder: RunFolder, number: int, count: int, arguments: list[str], port: int, log: IO[bytes]
) -> Rank:
    environment = {
        "OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // count)),
        **os.environ,
        RANK: str(number),
        PROCESSES: str(count),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        # torch: connect to the store that is there, on rank 0 too.
        "TORCHELASTIC_USE_AGENT_STORE": "True",
        "TORCHELASTIC_RESTART_COUNT": "0",
    }
    # A session of its own: Ctrl-C is for this process, which then ends the ranks in order. Its
    # standard input ends when this process does, however that happens.
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "rnnlab.runs.as_rank", *arguments],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=None if number == 0 else log,
        stderr=None if number == 0 else log,
        start_new_session=True,
    )


def _failure(folder: RunFolder, ranks: list[Rank]) -> Exception:
    """Return why the ranks failed: the death of one, or what the first to fail has written."""
    killed = [rank for rank in ranks if (rank.poll() or 0) < 0]
    if killed:
        number, name = ranks.index(killed[0]), _name(-killed[0].returncode)
        return RunFailed(f"rank {number} was killed by {name}")
    # When one fails the others lose their connection to it; they are given time to say so.
    deadline = time.monotonic() + _PATIENCE
    while any(rank.poll() is None for rank in ranks) and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY)
    found: list[tuple[float, int, dict[str, Any]]] = []
    for number in range(len(ranks)):
        path = folder.rank_failure(number)
        if path.exists():
            failure = read_json(path)
            found.append((failure["time"], number, failure))
    if not found:
        codes = [rank.poll() for rank in ranks]
        said = ", ".join(map(str, codes))
        kind = next((_KINDS[code] for code in codes if code in _KINDS), RunFailed)
        return kind(f"a rank ended without a word; exit codes {said}; see {folder.log}")
    _, number, failure = min(found, key=lambda item: item[:2])
    return _KINDS.get(failure["exit_code"], RunFailed)(f"rank {number}: {failure['cause']}")


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"


def _end(ranks: list[Rank]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for rank in ranks:
            # A rank's session is a process group; its readers of data may outlive it.
            if number == signal.SIGKILL or rank.poll() is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(rank.pid, number)
        deadline = time.monotonic() + _PATIENCE
        for rank in ranks:
            with suppress(subprocess.TimeoutExpired):
                rank.wait(max(0.0, deadline - time.monotonic()))
    for rank in ranks:
        if rank.stdin is not None:
            rank.stdin.close()
