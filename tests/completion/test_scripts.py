from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rnnlab.completion import script
from rnnlab.errors import ConfigError


def run(shell: str, text: str) -> list[str]:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    done = subprocess.run([path, "-c", text], check=True, capture_output=True, text=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "replies"),
    [
        ("rnnlab trai", ["train"]),
        # Bash replaces only what follows the last = or :, so that is all it may be given.
        ("rnnlab train cell=ls", ["lstm"]),
        ("rnnlab train cell=rnn cell.nonlinearity=", ["relu", "tanh"]),
        ("rnnlab train cell.hid", ["cell.hidden_size="]),
        ("rnnlab train nothing.like", []),
    ],
)
def test_bash(line: str, replies: list[str]) -> None:
    text = f"""
        rnnlab() {{ {sys.executable} -m rnnlab "$@"; }}
        compopt() {{ :; }}
        {script("bash")}
        COMP_LINE={line!r}; COMP_POINT=${{#COMP_LINE}}; _rnnlab
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    assert run("bash", text) == replies


def test_fish() -> None:
    text = f"""
        function rnnlab; {sys.executable} -m rnnlab $argv; end
        {script("fish")}
        complete -C 'rnnlab train cell=ls'
    """
    assert run("fish", text) == ["cell=lstm"]


def test_zsh() -> None:
    text = f"""
        rnnlab() {{ {sys.executable} -m rnnlab "$@"; }}
        compdef() {{ :; }}
        compadd() {{ print -l -- "$@" ${{(P)@[-1]}}; }}
        _files() {{ print FILES; }}
        {script("zsh")}
        words=(rnnlab train cell=ls); CURRENT=3; _rnnlab
    """
    assert run("zsh", text)[-1] == "cell=lstm"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_are_free_of_syntax_errors(shell: str, tmp_path: Path) -> None:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "script").write_text(script(shell))
    subprocess.run([path, "-n", str(tmp_path / "script")], check=True)


def test_another_shell() -> None:
    with pytest.raises(ConfigError, match="shell=tcsh: has no completion"):
        script("tcsh")
