from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.config.brought import configs_from_plugins
from rnnlab.config.compose import choices, compose

EXPERIMENT = "# @package _global_\ndefaults:\n  - override /cell: gru\nseed: 7\n"


@pytest.fixture
def music(install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where a plugin is installed that brings an experiment and nothing else."""
    monkeypatch.chdir(tmp_path)
    return install(
        "rnnlab-music",
        {"conf": {"music": "music.conf"}},
        {"music/__init__.py": "", "music/conf/experiment/chorales.yaml": EXPERIMENT},
    )


@pytest.mark.parametrize("option", ["chorales", "rnnlab-music:chorales"])
def test_an_experiment_of_a_plugins_names_who_brings_it(music: Path, option: str) -> None:
    config = compose([f"experiment={option}"])
    assert (config.seed, config.choices.cell) == (7, "gru")
    ((at, (name, plugin)),) = configs_from_plugins(choices(config)).items()
    assert (at, name, plugin.version) == (f"experiment/{option}", "rnnlab-music", "1.0")
    file = music / "music" / "conf" / "experiment" / "chorales.yaml"
    file.write_text(EXPERIMENT + "# edited\n")
    ((_, edited),) = configs_from_plugins(choices(config)).values()
    assert edited.sha256 != plugin.sha256


def test_what_others_bring_is_not_named(music: Path, tmp_path: Path) -> None:
    assert configs_from_plugins(choices(compose(["cell=irnn", "callbacks=none"]))) == {}
    assert configs_from_plugins({"experiment": None, "callbacks": ["a", "b"], "cell": "gone"}) == {}
    own = tmp_path / "conf" / "experiment"
    own.mkdir(parents=True)
    (own / "chorales.yaml").write_text(EXPERIMENT)
    assert configs_from_plugins(choices(compose(["experiment=chorales"]))) == {}
