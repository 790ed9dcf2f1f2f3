"""The README's "Write a cell", followed word by word by somebody who has only that."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.install

ROOT = Path(__file__).parents[2]
Call = Callable[..., str]


def test_a_newcomer_writes_installs_and_trains_a_cell_in_under_30_lines(
    installed: Path, call: Call, tmp_path: Path
) -> None:
    section = re.search(
        r"^## Write a cell\n(.*?)^## ", (ROOT / "README.md").read_text(), re.M | re.S
    )
    assert section is not None
    blocks = dict(re.findall(r"^```(python|toml)\n(.*?)^```", section[1], re.M | re.S))
    lines = [line for text in blocks.values() for line in text.splitlines() if line.strip()]
    assert 0 < len(lines) < 30
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "rnnlab_my_mgu.py").write_text(blocks["python"])
    (folder / "pyproject.toml").write_text(blocks["toml"])
    call(installed / "python", "-m", "pip", "install", "-q", "-e", ".", cwd=folder)
    try:
        call(installed / "rnnlab", "train", "cell=my_mgu", "trainer.max_epochs=1", cwd=tmp_path)
        (status,) = (tmp_path / "outputs").rglob("status.json")
        assert json.loads(status.read_text())["status"] == "FINISHED"
        call(installed / "rnnlab", "plugin", "check", "my_mgu", "--quick", cwd=tmp_path)
    finally:
        call(
            installed / "python",
            "-m",
            "pip",
            "uninstall",
            "-q",
            "-y",
            "rnnlab-my-mgu",
            cwd=tmp_path,
        )
