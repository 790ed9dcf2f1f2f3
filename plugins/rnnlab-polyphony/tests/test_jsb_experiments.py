"""The experiments that come with the package, as they are used."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest
from omegaconf import OmegaConf

import rnnlab_polyphony

FOLDER = Path(rnnlab_polyphony.__file__).parent / "conf" / "experiment"
EXPERIMENTS = sorted(FOLDER.glob("*.yaml"))


def test_the_package_brings_its_folder_of_experiments() -> None:
    found = [point.value for point in entry_points(group="rnnlab.conf", name="polyphony")]
    if not found:
        pytest.skip("the package is not installed")

    assert found == ["rnnlab_polyphony.conf"]
    assert len(EXPERIMENTS) == 3


@pytest.mark.parametrize("file", EXPERIMENTS, ids=lambda file: file.stem)
def test_each_opens_with_the_command_that_runs_it_and_has_its_name(file: Path) -> None:
    lines = file.read_text().splitlines()

    assert lines[0] == "# @package _global_"
    assert lines[1].startswith(f"# rnnlab train experiment={file.stem} dataset.path=")
    assert OmegaConf.load(file).experiment_name == file.stem
