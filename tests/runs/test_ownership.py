"""Who may execute a folder: one living process, whose lock ends with it."""

import multiprocessing
import os
import socket
import subprocess
import sys
import time

import pytest

from rnnlab.cli import main
from rnnlab.errors import ConfigError, StorageError
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.json_files import read_json, write_json
from rnnlab.runs.ownership import is_abandoned, owned

OWNER = """
import os, sys, time
from pathlib import Path
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.ownership import owned
folder = RunFolder(Path(sys.argv[1]))
with owned(folder):
    folder.write_status(Status.RUNNING)
    if len(sys.argv) > 2 and os.fork() == 0:
        time.sleep(float(sys.argv[2]))  # as a process that reads data for the run
        os._exit(0)
    print("owned", flush=True)
    time.sleep(120)
"""


@pytest.fixture
def folder(tmp_path):
    folder = RunFolder(tmp_path / "outputs" / "demo" / "one")
    folder.path.mkdir(parents=True)
    folder.config.write_text("seed: 0\n")
    return folder


@pytest.fixture
def owner(folder):
    """Return what starts another process that owns the folder."""
    started = []

    def start(*arguments):
        command = [sys.executable, "-c", OWNER, str(folder.path), *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "owned\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def rewrite(folder, **changes):
    status = read_json(folder.path / "status.json")
    write_json(folder.path / "status.json", {**status, **changes})


def test_another_process_is_refused_with_who_and_since_when(folder, owner, capsys):
    process = owner()
    since = folder.read_status()["times"]["RUNNING"]
    why = f"process {process.pid} on {socket.gethostname()} is executing it, since {since}"
    with pytest.raises(ConfigError) as refusal, owned(folder):
        pass
    assert str(refusal.value) == f"RUN=one: {why}"
    outputs = ["--output-dir", str(folder.path.parents[1])]
    before = read_json(folder.path / "status.json")
    folder.config.write_text(stored_config())
    for run in ("one", str(folder.path)):
        assert main(["resume", run, *outputs]) == 2
        assert capsys.readouterr().err == f"rnnlab: error: RUN=one: {why}\n"
    assert read_json(folder.path / "status.json") == before
    assert process.poll() is None


def stored_config():
    from omegaconf import OmegaConf

    from rnnlab.config.compose import compose
    from tests.runs.conftest import SMALL

    return OmegaConf.to_yaml(compose(SMALL))


def test_the_lock_is_free_when_the_block_is_left_in_any_way(folder):
    with pytest.raises(ValueError, match="out"), owned(folder):
        raise ValueError("out")
    with owned(folder):
        pass


def test_the_lock_is_free_at_once_when_its_owner_is_killed(folder, owner):
    process = owner()
    process.kill()
    process.wait()
    began = time.monotonic()
    with owned(folder):
        assert time.monotonic() - began < 1
        assert is_abandoned(folder.read_status())


def test_children_that_outlive_their_owner_do_not_block(folder, owner):
    process = owner("3")
    process.kill()
    process.wait()
    began = time.monotonic()
    with owned(folder):
        assert time.monotonic() - began < 10


HOLDER = """
import fcntl, sys, time
with open(sys.argv[1], "w") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    print("owned", flush=True)
    time.sleep(1)
"""


def test_what_has_inherited_the_lock_of_a_dead_process_is_waited_for(folder):
    folder.write_status(Status.RUNNING)
    rewrite(folder, times={"RUNNING": "2020-01-01T00:00:00.000+00:00"})
    command = [sys.executable, "-c", HOLDER, str(folder.lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "owned\n"
        began = time.monotonic()
        with owned(folder):
            assert 0.3 < time.monotonic() - began < 10


def test_an_owner_that_nobody_has_waited_for_is_dead(folder, owner):
    process = owner()
    process.kill()
    deadline = time.monotonic() + 20
    while not is_abandoned(folder.read_status()):  # it is a zombie: wait() was not called
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with owned(folder):
        pass


def test_the_number_of_a_dead_process_that_a_younger_one_has_does_not_block(folder):
    folder.write_status(Status.RUNNING)
    assert not is_abandoned(folder.read_status())
    rewrite(folder, times={"RUNNING": "2020-01-01T00:00:00.000+00:00"})
    assert is_abandoned(folder.read_status())
    with owned(folder):
        pass


def test_where_the_file_system_has_no_locks_the_status_decides(folder):
    # The lock is free, and yet a living process of this machine says that it executes the run.
    folder.write_status(Status.RUNNING)
    with pytest.raises(ConfigError, match=f"process {os.getpid()} on"), owned(folder):
        pass


def test_of_another_machine_only_the_lock_is_known(folder, owner):
    folder.write_status(Status.RUNNING)
    rewrite(folder, host="elsewhere", pid=1)
    assert not is_abandoned(folder.read_status())
    with owned(folder):
        pass
    owner()
    rewrite(folder, host="elsewhere", pid=1)
    began = time.monotonic()
    with pytest.raises(ConfigError, match="process 1 on elsewhere is executing it"), owned(folder):
        pass
    assert time.monotonic() - began < 5


def test_a_lock_that_cannot_be_made_is_one_line(folder):
    folder.lock.mkdir()
    with pytest.raises(StorageError, match=r"\.lock: "), owned(folder):
        pass


def take(path, results, all_have_asked):
    try:
        with owned(RunFolder(path)):
            results.put("owned")
            all_have_asked.wait(60)
    except ConfigError:
        results.put("refused")


def test_of_several_that_want_it_at_once_one_gets_it(folder):
    context = multiprocessing.get_context("forkserver")
    results, all_have_asked = context.Queue(), context.Event()
    started = [
        context.Process(target=take, args=(folder.path, results, all_have_asked)) for _ in range(4)
    ]
    for process in started:
        process.start()
    assert sorted(results.get(timeout=60) for _ in started) == ["owned", *["refused"] * 3]
    all_have_asked.set()
    for process in started:
        process.join(60)
        assert process.exitcode == 0
