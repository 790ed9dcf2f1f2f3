"""What `rnnlab plugin new` writes, installed beside the wheel, checked and trained."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.install

ROOT = Path(__file__).parents[2]
Call = Callable[..., str]


@pytest.mark.parametrize(
    ("kind", "training"),
    [
        ("cell", ["cell=fresh", "cell.hidden_size=8"]),
        ("task", ["task=fresh", "dataset=adding", "dataset.steps=8", "dataset.train_size=64"]),
        ("dataset", ["dataset=fresh", "task=many_to_one", "dataset.train_size=64"]),
    ],
)
def test_a_new_plugin_works_as_it_is(
    kind: str,
    training: list[str],
    installed: Path,
    call: Call,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    python, rnnlab, pins = installed / "python", installed / "rnnlab", ROOT / "constraints.txt"
    call(rnnlab, "plugin", "new", "fresh", "--kind", kind, cwd=tmp_path)
    folder = tmp_path / "rnnlab-fresh"
    call(python, "-m", "pip", "install", "-q", "-c", pins, "-e", f"{folder}[dev]", cwd=tmp_path)
    try:
        # One cache for all three: the types of torch take mypy half a minute.
        types = ["mypy", "--cache-dir", tmp_path_factory.getbasetemp() / "mypy"]
        for tool in (["pytest", "-q"], ["ruff", "check"], ["ruff", "format", "--check"], types):
            call(python, "-m", *tool, cwd=folder)
        (row,) = [
            line
            for line in call(rnnlab, "list", f"{kind}s", cwd=tmp_path).splitlines()
            if line.split()[:2] == ["fresh", "rnnlab-fresh"]
        ]
        assert row
        call(rnnlab, "train", *training, "trainer.max_epochs=1", cwd=tmp_path)
        (status,) = (tmp_path / "outputs").rglob("status.json")
        assert json.loads(status.read_text())["status"] == "FINISHED"
        manifest = json.loads((status.parent / "manifest.json").read_text())
        assert "rnnlab-fresh" in manifest["plugins"]
        (report,) = json.loads(
            call(rnnlab, "plugin", "check", "rnnlab-fresh", "--json", cwd=tmp_path)
        )
        assert report["component"] == f"{kind}/fresh"
        assert report["passed"] is True
        if kind == "cell":
            able = {item["name"]: item["able"] for item in report["card"]["abilities"]}
            assert able["compiled"] is True
            assert able["export"] is True
            assert [speed["engine"] for speed in report["card"]["speeds"]] == ["compiled", "loop"]
    finally:
        call(python, "-m", "pip", "uninstall", "-q", "-y", "rnnlab-fresh", cwd=tmp_path)
