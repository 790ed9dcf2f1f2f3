from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.plugins.check import check
from rnnlab.plugins.installed import Component
from rnnlab.plugins.verdicts import Verdict, known

Install = Callable[..., Path]

# One process imports torch for all of them: to try each alone would take seconds each.
SOURCES = {
    "good": "from rnnlab.cells.base import Cell\nclass X(Cell):\n    'Good.'\n"
    "    def __init__(self, input_size: int, size: int = 1): ...\n",
    "noisy": "import os\nprint('noise')\nos.system('echo noise')\n"
    "from rnnlab.cells.base import Cell\nclass X(Cell): ...\n",
    "raises": "raise RuntimeError('boom')\n",
    "exits": "import os; os._exit(0)\n",
    "crashes": "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)\n",
    "sleeps": "import subprocess, sys, time, pathlib\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "pathlib.Path(__file__).with_name('child').write_text(str(child.pid))\ntime.sleep(600)\n",
    "busy": "while True:\n    try:\n        pass\n    except BaseException: pass\n",
    "closes": "import os\nos.closerange(3, 200)\nraise RuntimeError('boom')\n",
}
WHY = {
    "good": "",
    "noisy": "",
    "raises": "cannot be imported (b_raises:X): RuntimeError: boom",
    "exits": "cannot be imported: it ends the program (exit code 0)",
    "crashes": "cannot be imported: it ends the program (signal 11)",
    "sleeps": "cannot be imported: it has not ended after 1.5 s",
    "busy": "cannot be imported: it has not ended after 1.5 s",
}


def test_each_is_tried_alone_and_hurts_no_other(
    install: Install, capfd: pytest.CaptureFixture[str]
) -> None:
    site = install("rnnlab-b", {}, {f"b_{name}.py": text for name, text in SOURCES.items()})
    tried = {name: Component("cell", name, f"b_{name}:X", "rnnlab-b", "1.0") for name in SOURCES}
    found = check(list(tried.values()), seconds=1.5)
    reasons = {name: getattr(found[component], "reason", None) for name, component in tried.items()}
    assert {name: reasons[name] for name in WHY} == WHY
    assert reasons["closes"]
    assert found[tried["good"]] == Verdict("", "Good.", {"size": []})
    assert known(tried["good"]) == found[tried["good"]]
    assert known(tried["busy"]) == found[tried["busy"]]
    assert capfd.readouterr() == ("", "")
    # What a component that is ended had started is ended with it.
    child = int((site / "child").read_text())
    deadline = time.monotonic() + 10
    while _lives(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(child)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_nothing_to_check_starts_nothing() -> None:
    assert check([]) == {}
