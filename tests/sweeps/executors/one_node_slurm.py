"""A Slurm of one node, here, for as long as a block lasts: its own keys, ports, folders and logs.

The node has four processors, whatever the machine has: jobs are to wait for each other sometimes,
but not always.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol")
PROCESSORS = 4
_CONF = """
ClusterName=rnnlab
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge/socket
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.id
SlurmdPidFile={folder}/slurmd.id
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=1,sched_interval=2,bf_interval=2
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=10
DefMemPerCPU=100
NodeName={host} NodeAddr=127.0.0.1 CPUs={processors} RealMemory=8000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=60 State=UP
PartitionName=other Nodes=ALL MaxTime=60 State=UP
"""


def missing() -> str | None:
    """Return why there can be no Slurm here."""
    absent = [name for name in PROGRAMS if shutil.which(name, path=_path()) is None]
    if absent:
        return f"there is no {absent[0]}; Debian's packages are munge and slurm-wlm"
    return None if os.geteuid() == 0 else "only root can start a Slurm"


@contextmanager
def one_node_slurm() -> Iterator[Path]:
    """Start a Slurm, and stop it afterwards; give the path of its configuration."""
    with ExitStack() as stack:
        # Not in pytest's folder: the path of a socket may have some hundred characters only.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="slurm-")))
        for name in ("munge", "state", "spool"):
            (folder / name).mkdir()
        (folder / "munge").chmod(0o755)
        folder.chmod(0o755)
        key = folder / "munge" / "key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        conf = folder / "slurm.conf"
        conf.write_text(
            _CONF.format(
                host=socket.gethostname().partition(".")[0],
                folder=folder,
                ports=_free_ports(2),
                processors=PROCESSORS,
            )
        )
        munge = [f"--{name}-file={folder}/munge/{name}" for name in ("key", "pid", "log", "seed")]
        socket_path = folder / "munge" / "socket"
        _started(stack, folder, "munged", "--foreground", "--force", *munge, f"-S{socket_path}")
        _until(socket_path.exists, folder, "munged gives no socket")
        _started(stack, folder, "slurmctld", "-D", "-f", str(conf))
        _started(stack, folder, "slurmd", "-D", "-f", str(conf))
        _until(lambda: "idle" in _sinfo(conf), folder, "the node does not come up")
        stack.enter_context(_impatience(conf))
        yield conf
        with suppress(subprocess.TimeoutExpired):
            asked(conf, "scancel", "--user=root")


@contextmanager
def _impatience(conf: Path) -> Iterator[None]:
    """Let jobs that are queued again begin at once: Slurm lets them wait for two minutes."""
    over = threading.Event()

    def hasten() -> None:
        while not over.wait(0.5):
            pending = asked(conf, "squeue", "--noheader", "--states=PENDING", "--format=%A %r")
            for job, _, reason in (line.partition(" ") for line in pending.splitlines()):
                if reason == "BeginTime":
                    asked(conf, "scontrol", "update", f"JobId={job}", "StartTime=now")

    thread = threading.Thread(target=hasten, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def asked(conf: Path, *command: str) -> str:
    """Return what a command of Slurm says."""
    return subprocess.run(
        command,
        env={**os.environ, "SLURM_CONF": str(conf)},
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


def _sinfo(conf: Path) -> str:
    return asked(conf, "sinfo", "--noheader", "--format=%T")


def _started(stack: ExitStack, folder: Path, *command: str) -> None:
    log = stack.enter_context((folder / f"{command[0]}.out").open("wb"))
    environment = {**os.environ, "PATH": _path(), "SLURM_CONF": str(folder / "slurm.conf")}
    process = subprocess.Popen(
        command, stdout=log, stderr=log, env=environment, start_new_session=True
    )
    stack.callback(_stop, process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _until(what: object, folder: Path, why: str) -> None:
    deadline = time.monotonic() + 60
    while not what():  # type: ignore[operator]
        if time.monotonic() > deadline:
            logs = "\n".join(path.read_text()[-2000:] for path in folder.glob("*.log"))
            raise RuntimeError(f"{why}\n{logs}")
        time.sleep(0.2)


def _free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
