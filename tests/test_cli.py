from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rnnlab
from rnnlab.cli import main
from rnnlab.errors import Interrupted, RunFailed, StorageError

HEAVY = ("torch", "pytorch_lightning", "lightning", "mlflow", "sklearn", "pandas", "jax",
         "keras", "matplotlib")  # fmt: skip


@pytest.fixture
def errors(capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """Run a command line that fails as the user's mistake; return the lines on stderr."""

    def run(*arguments: str, code: int = 2) -> list[str]:
        assert main(arguments) == code
        captured = capsys.readouterr()
        assert captured.out == ""
        return captured.err.splitlines()

    return run


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["list"],
        ["show", "--help"],
        ["show", "cell/irnn"],
        ["bench", "--help"],
        ["bench", "auto", "--help"],
    ],
)
def test_what_does_not_train_imports_nothing_that_is_slow(arguments: list[str]) -> None:
    code = (
        "import sys; from rnnlab.cli import main; code = main(sys.argv[1:]);"
        f"sys.exit(code or any(module in sys.modules for module in {HEAVY}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr


def test_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rnnlab", "train", "cell=lstmm"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("rnnlab: error: cell=lstmm: is not an option; did you mean lstm?")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        (["train", "cell=lstmm"], "cell=lstmm: is not an option; did you mean lstm?; valid: "),
        (["train", "cell.hiden_size=1"], "cell.hiden_size: is not a key of cell; did you mean cel"),
        (["train", "cell.hidden_size=x"], "cell.hidden_size=x: must be an integer"),
        (["train", "trainer.batch_size=0"], "trainer.batch_size=0: must be >= 1"),
        (["train", "dataset=text_file", "dataset.path=/no"], "dataset.path=/no: no such file"),
        (["train", "task=one_to_one"], "task=one_to_one: "),
        (["train", "--nope"], "--nope: there is no such option; valid: --help"),
        (["trian"], "No such command 'trian'."),
        (["list", "celsl"], "there are no 'celsl'; did you mean cells?; valid: "),
        (["show", "cell/nope"], "cell=nope: is not an option; valid: "),
        (["show", "nope/x"], "show=nope: is not a group; valid: "),
        (["resume"], "Missing argument"),
        (["generate", "last", "--prompt=x", "--steps=many"], "Invalid value for '--steps'"),
        (["completion", "tcsh"], "shell=tcsh: has no completion; valid: bash, zsh, fish"),
        (["evaluate", "nothing_like_it"], "RUN=nothing_like_it: no such run"),
        (["bench", "--cell", "lstmm"], "--cell=lstmm: is not an option; did you mean lstm?; valid"),
        (["bench", "--size", "32x100"], "--size=32x100: must be three whole numbers from 1, "),
        (["bench", "--json", "no/x.json"], "--json=no/x.json: there is no folder "),
        (["bench", "auto", "--run-length=0"], "Invalid value for '--run-length': "),
        (["bench", "cell"], "No such command 'cell'."),
        (["ui", "--uri", "ftp://x"], "tracking.uri=ftp://x: names no tracking store"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(
    arguments: list[str],
    start: str,
    errors: Callable[..., list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (line,) = errors(*arguments)
    assert line.startswith(f"rnnlab: error: {start}")
    assert not list(tmp_path.iterdir())


def test_several_mistakes_are_a_line_each(errors: Callable[..., list[str]]) -> None:
    lines = errors("train", "cell=lstmm", "seeed=1", "trainer.batch_sizes=3")
    assert [line.split(":")[2].strip() for line in lines] == [
        "cell=lstmm",
        "seeed",
        "trainer.batch_sizes",
    ]
    assert all(line.startswith("rnnlab: error: ") for line in lines)


@pytest.mark.parametrize(
    "path",
    [
        "os.system",
        "torch.optim.optimizer.torch.hub.load",
        "torch.nn.modules.module.torch.load",
    ],
)
@pytest.mark.parametrize("slot", ["cell", "optimizer"])
def test_other_targets_are_refused(slot: str, path: str, errors: Callable[..., list[str]]) -> None:
    (line,) = errors("train", f"{slot}._target_={path}", code=3)
    assert line.startswith(f"rnnlab: error: {slot}._target_={path}: ")


def test_a_broken_plugin_hurts_only_when_selected(
    stranger: Path, errors: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "cells"]) == 0
    assert "rnnlab-stranger 2.5" in capsys.readouterr().out
    assert main(["train", "--cfg", "job", "cell=leaky"]) == 0
    assert "_target_: stranger_cells.leaky.Leaky" in capsys.readouterr().out
    (line,) = errors("train", "cell=broken")
    assert line.startswith("rnnlab: error: cell=broken: rnnlab-stranger 2.5 cannot be imported")


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (RunFailed("loss is NaN"), 1),
        (StorageError("disk full"), 4),
        (KeyboardInterrupt(), 130),
        (Interrupted(signal.SIGINT), 130),
        (Interrupted(signal.SIGTERM), 143),
    ],
)
def test_exit_codes(raised: BaseException, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise raised

    monkeypatch.setattr("rnnlab.runs.train.train", fail)
    assert main(["train"]) == code


def test_a_fault_of_our_own_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("rnnlab.runs.train.train", fail)
    with pytest.raises(ZeroDivisionError):
        main(["train"])


@pytest.mark.parametrize(
    "arguments", [["--debug", "train", "seed=x"], ["train", "seed=x", "--debug"]]
)
def test_debug_shows_the_traceback(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("Traceback")
    assert lines[-1].startswith("rnnlab: error: seed=x: ")


def test_the_dashboard_is_mlflows_on_this_machine_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    called: list[list[str]] = []
    monkeypatch.setattr(
        "rnnlab.tracking.run_dashboard", lambda command, environment: called.append(command) or 7
    )
    assert main(["ui", "--port", "5123", "--output-dir", str(tmp_path)]) == 7
    (command,) = called
    assert command[1:4] == ["-P", "-m", "mlflow"]
    assert f"sqlite:///{tmp_path}/mlflow.db" in command
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--port") + 1] == "5123"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"rnnlab {rnnlab.__version__}\n"


def test_training_ends_with_the_table_the_folder_and_the_dashboard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overrides = [
        "dataset=adding",
        "dataset.steps=6",
        "dataset.train_size=64",
        "cell=rnn",
        "cell.hidden_size=4",
        "trainer.max_steps=2",
        "trainer.enable_progress_bar=false",
        "tracking.enabled=false",
        f"output_dir={tmp_path}",
        "name=mine",
    ]
    assert main(["train", *overrides]) == 0
    text = capsys.readouterr().out
    assert "test" in text
    assert f"run folder  {tmp_path}/adding/mine" in text
    assert f"rnnlab ui --output-dir {tmp_path}" in text
    assert main(["evaluate", "mine", "dataset.split_seed=1", "--output-dir", str(tmp_path)]) == 0
    assert main(["scores", "--output-dir", str(tmp_path)]) == 0
    assert "adding" in capsys.readouterr().out
