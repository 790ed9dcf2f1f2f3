"""Plugins by way of Hydra: names, conflicts, experiments, completion."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hydra._internal.core_plugins.bash_completion import BashCompletion
from hydra.core.global_hydra import GlobalHydra

from rnnlab.config.compose import compose, hydra_session
from rnnlab.errors import ConfigError

Install = Callable[..., Path]
CELL = """
from typing import Literal
from rnnlab.cells.base import Cell

class X(Cell):
    def __init__(self, input_size: int, size: int = 1, kind: Literal["p", "q"] = "p") -> None: ...
"""
EXPERIMENT = "# @package _global_\ndefaults:\n  - override /cell: rnnlab-b:made_up\n"


@pytest.fixture(autouse=True)
def both(install: Install) -> None:
    for name in "ab":
        files = {
            f"{name}_cells.py": CELL,
            f"{name}_conf/experiment/same.yaml": f"# @package _global_\nseed: {ord(name)}\n",
            f"{name}_conf/experiment/of_{name}.yaml": EXPERIMENT,
            # Nothing that a plugin brings changes what a name of rnnlab's means.
            f"{name}_conf/cell/gru.yaml": "hidden_size: 3\n",
            f"{name}_conf/trainer/default.yaml": "max_epochs: 3\n",
            f"{name}_conf/cell/wide_{name}.yaml": f"defaults: ['rnnlab-{name}:made_up']\nsize: 9\n",
        }
        cells = {"made_up": f"{name}_cells:X", f"only_{name}": f"{name}_cells:X"}
        install(f"rnnlab-{name}", {"cell": cells, "conf": {name: f"{name}_conf"}}, files)


@pytest.mark.parametrize(
    ("overrides", "target"),
    [
        (["cell=rnnlab-a:made_up"], "a_cells.X"),
        (["cell=rnnlab-b:made_up", "cell.kind=q"], "b_cells.X"),
        (["cell=rnnlab_b:only_b"], "b_cells.X"),
        (["cell=wide_a"], "a_cells.X"),
        (["cell=rnnlab-b:wide_b"], "b_cells.X"),
        (["experiment=of_a"], "b_cells.X"),
        (["experiment=rnnlab-b:of_b"], "b_cells.X"),
        (["experiment=of_a", "cell=only_a"], "a_cells.X"),
        (["cell=rnnlab:gru"], "rnnlab.cells.gru.GRU"),
        (["cell=gru"], "rnnlab.cells.gru.GRU"),
    ],
)
def test_every_name_chooses_one_and_imports_no_other(overrides: list[str], target: str) -> None:
    config = compose(overrides)
    assert config.cell._target_ == target
    assert config.trainer.max_epochs != 3
    imported = {name for name in sys.modules if name in ("a_cells", "b_cells")}
    assert imported == ({target.partition(".")[0]} - {"rnnlab"})


@pytest.mark.parametrize(("group", "name"), [("cell", "made_up"), ("experiment", "same")])
def test_a_name_of_several_is_refused_with_all(group: str, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compose([f"{group}={name}"])
    assert str(caught.value) == (
        f"{group}={name}: is offered by several packages; say which; "
        f"valid: rnnlab-a:{name}, rnnlab-b:{name}"
    )


def test_a_qualified_experiment_names_a_folder() -> None:
    config = compose(["experiment=rnnlab-b:same"])
    assert (config.seed, config.experiment_name) == (ord("b"), "rnnlab-b_same")


def test_hydras_own_completion_offers_plugins_and_their_keys() -> None:
    with hydra_session():
        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        query = BashCompletion(hydra.config_loader)._query
        assert query("config", "cell=only") == ["cell=only_a", "cell=only_b"]
        assert query("config", "cell=only_a cell.k") == ["cell.kind="]
        assert query("config", "experiment=of") == ["experiment=of_a", "experiment=of_b"]
