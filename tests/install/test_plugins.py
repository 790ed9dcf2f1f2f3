"""Each package of plugins/, built, and installed alone beside the wheel of rnnlab."""

from __future__ import annotations

import json
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.install

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml"))
Call = Callable[..., str]


@pytest.fixture(params=PACKAGES, ids=[path.name for path in PACKAGES])
def package(
    request: pytest.FixtureRequest, installed: Path, call: Call, tmp_path: Path
) -> Iterator[Path]:
    """The source of a package whose wheel is installed for the time of a test."""
    source: Path = request.param
    python, pins = installed / "python", ROOT / "constraints.txt"
    call(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "-w",
        tmp_path,
        source,
        cwd=tmp_path,
    )
    (wheel,) = tmp_path.glob("*.whl")
    call(python, "-m", "pip", "install", "-q", "-c", pins, f"{wheel}[dev]", cwd=tmp_path)
    yield source
    call(python, "-m", "pip", "uninstall", "-q", "-y", source.name, cwd=tmp_path)


def test_its_tests_pass_and_its_components_train(
    package: Path, installed: Path, call: Call, tmp_path: Path
) -> None:
    # A copy of the tests alone: what they import can only be what the wheel brought.
    shutil.copytree(package / "tests", tmp_path / "tests")
    shutil.copy(package / "pyproject.toml", tmp_path)
    call(installed / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tmp_path)
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    points = project["entry-points"]
    listed = call(installed / "rnnlab", "list", cwd=tmp_path)
    for group in ("cells", "tasks", "datasets"):
        assert set(points.get(f"rnnlab.{group}", {})) <= set(listed.split())
    for cell in list(points.get("rnnlab.cells", {}))[:1]:
        size = ("cell.hidden_size=8", "trainer.max_epochs=1", "experiment=digits_rows")
        call(installed / "rnnlab", "train", f"cell={cell}", *size, cwd=tmp_path)
        (status,) = (tmp_path / "outputs").rglob("status.json")
        assert json.loads(status.read_text())["status"] == "FINISHED"
        manifest = json.loads((status.parent / "manifest.json").read_text())
        assert package.name in manifest["plugins"]
