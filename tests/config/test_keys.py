from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from rnnlab.config.compose import compose
from rnnlab.config.keys import chosen_by, defaults, keys, top_level
from rnnlab.config.options import options


@pytest.mark.parametrize(
    ("group", "option"),
    [("cell", "lstm"), ("cell", "irnn"), ("optimizer", "sgd"), ("trainer", "default")],
)
def test_the_keys_are_those_of_the_composed_config(group: str, option: str) -> None:
    composed = OmegaConf.to_container(compose([f"{group}={option}"])[group])
    assert set(keys(group, option)) == set(composed) - {"_target_"}


def test_values_are_known_where_the_source_names_them(stranger: Path) -> None:
    assert keys("cell", "irnn")["nonlinearity"] == ["tanh", "relu"]
    assert keys("optimizer", "adam")["amsgrad"] == ["true", "false"]
    assert keys("cell", "leaky")["shape"] == ["tanh", "relu"]
    assert keys("cell", "nope") == {}


def test_an_experiment_tells_its_choices_and_those_it_builds_on() -> None:
    assert chosen_by("adding")["dataset"] == "adding"
    assert chosen_by("adding_window") == {**chosen_by("adding"), "backbone": "window_mlp"}
    assert chosen_by("nope") == {}


def test_defaults_name_existing_options() -> None:
    assert defaults()["cell"] in options("cell")
    assert {"seed", "name", "output_dir"} <= set(top_level())


def test_a_broken_file_has_no_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf" / "cell").mkdir(parents=True)
    (tmp_path / "conf" / "cell" / "mine.yaml").write_text("a: [1,\n")
    monkeypatch.chdir(tmp_path)
    assert keys("cell", "mine") == {}
