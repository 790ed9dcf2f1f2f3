"""What a driver knows of its jobs, in the folder of the sweep: it may be killed at any moment.

<sweep>/executor/slurm/<session>/
  .lock               held by the driver for as long as it lives
  jobs.jsonl          which job executes which run
  <job>.code          the exit code of a job's process, written by the shell around it
  <job>.asked         there as soon as the driver has sent the job a signal
  <job>_*             submitit's own: what is executed, and what was printed outside of a run
"""

from __future__ import annotations

import json
import shlex
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from rnnlab.errors import StorageError, one_line
from rnnlab.sweeps.executors.slurm.job import asked

_ID = "${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}${SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID}"


@dataclass(frozen=True)
class Submitted:
    """A job that Slurm has taken.

    Args:
        job: Its number: ``123``, or ``123_4`` for one of an array.
        run: The folder of its run.
        after: The number of the run's last attempt when it was submitted.
        session: Of the driver that has submitted it.
    """

    job: str
    run: Path
    after: int
    session: Session


class Session:
    """The folder of one driver's jobs.

    Args:
        path: The folder.
        lock: Held by this process.
    """

    def __init__(self, path: Path, lock: FileLock) -> None:
        self.path, self._lock = path, lock

    @classmethod
    def begin(cls, folder: Path) -> Session:
        """Make a new one.

        Args:
            folder: Of all sessions of the sweep.

        Raises:
            StorageError: The disk refused.
        """
        path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid4().hex[:6]}"
        lock = _lock(path)
        try:
            path.mkdir(parents=True)
            lock.acquire(timeout=0)
        except (OSError, Timeout) as error:
            raise StorageError(f"{path}: {getattr(error, 'strerror', error)}") from error
        return cls(path, lock)

    @classmethod
    def left_behind(cls, folder: Path) -> Iterator[Session]:
        """Give those whose driver is gone; nobody else gets them then."""
        for path in sorted(folder.glob("*/")):
            lock = _lock(path)
            try:
                lock.acquire(timeout=0)
            except (OSError, Timeout):
                continue
            yield cls(path, lock)

    def note(self, jobs: list[Submitted]) -> None:
        """Write down which jobs Slurm has taken.

        Raises:
            StorageError: The disk refused.
        """
        lines = [
            json.dumps({"job": job.job, "run": job.run.name, "after": job.after}) + "\n"
            for job in jobs
        ]
        try:
            with (self.path / "jobs.jsonl").open("a", encoding="utf-8") as file:
                file.writelines(lines)
        except OSError as error:
            raise StorageError(f"{self.path}: {error.strerror}") from error

    def jobs(self, runs: Path) -> list[Submitted]:
        """Return all jobs that were written down.

        Args:
            runs: The folder of the sweep's runs.
        """
        found = []
        with suppress(OSError):
            for line in (self.path / "jobs.jsonl").read_text(encoding="utf-8").splitlines():
                with suppress(ValueError, KeyError, TypeError):  # torn: its driver was killed
                    said = json.loads(line)
                    run = runs / Path(said["run"]).name
                    found.append(Submitted(str(said["job"]), run, int(said["after"]), self))
        return found

    def codes(self) -> dict[str, int]:
        """Return the exit codes that processes have left, by job."""
        return self._numbers("code")

    def statuses(self) -> dict[str, int]:
        """Return the exit statuses of processes as the shells around them saw them, by job.

        Of a job that Slurm ends, to queue it again or for good, a shell may see anything.
        """
        return self._numbers("status")

    def _numbers(self, kind: str) -> dict[str, int]:
        found = {}
        for path in self.path.glob(f"*.{kind}"):
            with suppress(OSError, ValueError):  # it is just being written
                found[path.stem] = int(path.read_text())
        return found

    def ask(self, job: str) -> None:
        """Let a job know that its driver has sent it a signal."""
        with suppress(OSError):
            asked(self.path, job).touch()

    def last_words(self, job: str) -> str | None:
        """Return the last line that a job has printed outside of a run."""
        with suppress(OSError):
            text = (self.path / f"{job}_0_log.err").read_text(encoding="utf-8", errors="replace")
            lines = [line for line in text.splitlines() if line.strip()]
            own = [line for line in lines if not line.startswith(("srun:", "slurmstepd:"))]
            for line in reversed(own or lines):
                return one_line(line.strip())
        return None

    def setup(self) -> list[str]:
        """Return the shell commands before a job's process: an end that it had does not count."""
        return [f"rm -f {self._file('code')} {self._file('status')}"]

    def teardown(self) -> list[str]:
        """Return the shell commands after a job's process: of a signal it could not tell itself."""
        return ["status=$?", f'echo "$status" > {self._file("status")}', 'exit "$status"']

    def _file(self, kind: str) -> str:
        return f"{shlex.quote(str(self.path))}/{_ID}.{kind}"

    def end(self, *, keep: bool) -> None:
        """Let others have it, and remove it unless somebody is to look into it."""
        if not keep:
            shutil.rmtree(self.path, ignore_errors=True)
        self._lock.release()


def _lock(path: Path) -> FileLock:
    return FileLock(path / ".lock", thread_local=False)
