"""The program as a shell starts it: whatever it is given, a line and an exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from rnnlab.__main__ import main as start_program

PROGRAM = [sys.executable, "-m", "rnnlab"]
SHOW = ["train", "--cfg", "job"]  # composes as train does, and imports less


def started(
    arguments: list[str | bytes], folder: Path, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        check=False,
        capture_output=True,
        cwd=folder,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize(
    ("arguments", "code", "starts"),
    [
        ([*SHOW, "="], 2, [b"=: has no key"]),
        ([*SHOW, b"name=\xff"], 2, [b"name=\\udcff: is not UTF-8"]),
        ([b"\xff"], 2, [b"No such command '\\udcff'"]),
        (["train", "--cfg", "hydra", "hydra.verbose=true"], 3, [b"hydra.verbose=true: sets up"]),
        (["train", "cell=gruu", "optimizer.lr=-1", "trainer.max_epoch=3"], 2, [
            b"cell=gruu: is not an option; did you mean gru?",
            b"trainer.max_epoch: is not a key of trainer; did you mean trainer.max_epochs?",
            b"optimizer.lr=-1: must be >= 0",
        ]),
        ([*SHOW, "name=a\nb\x1b[31m"], 2, [b"name=a\\nb\\x1b[31m: is not an override"]),
        (["train", "optimizer._target_=torch.nn.modules.module.torch.load"], 3, [
            b"optimizer._target_=torch.nn.modules.module.torch.load: only classes of"
        ]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_a_line_each(
    arguments: list[str | bytes], code: int, starts: list[bytes], tmp_path: Path
) -> None:
    done = started(arguments, tmp_path)
    assert done.returncode == code
    assert done.stdout == b""
    found = done.stderr.splitlines()
    assert len(found) == len(starts)
    for line, start in zip(found, starts, strict=True):
        assert line.startswith(b"rnnlab: error: " + start)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["list"], ["--help"]])
def test_whoever_reads_may_stop(arguments: list[str], tmp_path: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()  # before anything is written
        said = process.stderr.read()
    assert (process.returncode, said) == (141, b"")


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full")
    with full.open("w") as stream:
        done = subprocess.run(
            [*PROGRAM, "list"], check=False, stdout=stream, stderr=subprocess.PIPE, cwd=tmp_path
        )
    assert (done.returncode, done.stderr) == (4, b"rnnlab: error: No space left on device\n")


@pytest.mark.parametrize("arguments", [["resume", "last"], ["ui"]])
def test_a_file_in_place_of_the_folder_of_runs(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = started([*arguments], tmp_path, RNNLAB_OUTPUT_DIR="file")
    assert done.returncode == 4
    assert done.stderr == b"rnnlab: error: output_dir=file: is not a folder\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


@pytest.fixture
def handlers():
    """Put back the handlers that the program changes at its end."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_an_interrupt_during_the_first_import_is_no_fault(monkeypatch):
    class Importing(ModuleType):
        def __getattr__(self, name):
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "rnnlab.cli", Importing("rnnlab.cli"))
    assert start_program() == 130
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # the code is decided
