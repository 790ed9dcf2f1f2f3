from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf
from pytorch_lightning.callbacks import RichModelSummary

from rnnlab.cells.lstm import LSTM
from rnnlab.config.targets import KINDS, base, target
from rnnlab.errors import ConfigError, Refused

Install = Callable[..., Path]


def resolved(path: object, slot: str) -> type:
    return target(OmegaConf.create({"_target_": path}), slot)


def test_allowed_classes_are_found() -> None:
    assert resolved("rnnlab.cells.lstm.LSTM", "cell") is LSTM
    assert resolved("torch.optim.Adam", "optimizer") is torch.optim.Adam
    scheduler = resolved("torch.optim.lr_scheduler.StepLR", "scheduler")
    assert scheduler is torch.optim.lr_scheduler.StepLR
    found = resolved("pytorch_lightning.callbacks.RichModelSummary", "callbacks")
    assert found is RichModelSummary


@pytest.mark.parametrize("slot", KINDS)
@pytest.mark.parametrize(
    "path",
    [
        "os.system",
        "subprocess.Popen",
        "builtins.eval",
        # Paths that begin well and end elsewhere.
        "torch.optim.optimizer.torch.hub.load",
        "torch.nn.modules.module.torch.load",
        "torch.optim.optimizer.torch.nn.Linear",
        "rnnlab.errors.get_close_matches",
        "rnnlab.config.targets.import_module",
        "rnnlab.cells.base.nn.Module",
        "rnnlab.tracking.dashboard.subprocess.Popen",
        "rnnlab.__main__.main",
        "rnnlab.cells.lstm.LSTM.__init__.__globals__",
        # A prefix of letters is no package.
        "rnnlabx.Cell",
        "torch.optimx.Adam",
        # The right package and the wrong kind.
        "torch.nn.Linear",
        "rnnlab.errors.ConfigError",
        "torch.optim.lr_scheduler",
    ],
)
def test_everything_else_is_refused(slot: str, path: str) -> None:
    with pytest.raises(Refused) as caught:
        resolved(path, slot)
    assert str(caught.value).startswith(f"{slot}._target_={path}: ")
    assert "\n" not in str(caught.value)


def test_nothing_outside_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "imported"
    (tmp_path / "evil_module.py").write_text(f"open({str(mark)!r}, 'w')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Refused):
        resolved("evil_module.Cell", "cell")
    assert not mark.exists()


@pytest.mark.parametrize(
    "path",
    [
        # Each leads through a module of an allowed package to one that is not imported yet.
        "torch.nn.modules.module.torch.evil_module.Cell",
        "rnnlab.tracking.dashboard.os.evil_module.Cell",
        "torch.nn.evil_module.Cell",
    ],
)
def test_no_way_leads_to_a_module_outside(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evil_module.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises((Refused, ConfigError)):
        resolved(path, "cell")
    assert not (tmp_path / "imported").exists()


@pytest.mark.parametrize("slot", ["task", "backbone", "dataset", "optimizer", "scheduler"])
def test_a_class_of_another_slot_is_refused(slot: str) -> None:
    kind = base(slot)
    with pytest.raises(Refused, match=f"is not a {kind.__module__}.{kind.__qualname__}"):
        resolved("rnnlab.cells.lstm.LSTM", slot)


@pytest.mark.parametrize(
    "path",
    [
        "rnnlab.cells.nope.LSTM",
        "rnnlab.cells.lstm.Nope",
        "torch.optim.Adams",
        "torch.nn.modules.module.torch.no_such_module.X",
    ],
)
def test_what_does_not_exist_is_a_mistake(path: str) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        resolved(path, "cell")


@pytest.mark.parametrize("path", [None, 3, "", "LSTM()", "a..b", "rnnlab.cells:LSTM"])
def test_what_is_no_path_is_a_mistake(path: object) -> None:
    with pytest.raises(ConfigError, match="must be the dotted path of a class"):
        resolved(path, "cell")


def test_an_installed_plugin_is_allowed(stranger: Path) -> None:
    assert resolved("stranger_cells.leaky.Leaky", "cell").__name__ == "Leaky"
    with pytest.raises(ConfigError, match=r"cannot be imported: RuntimeError: boom$"):
        resolved("stranger_broken.Cell", "cell")


CELL = "from rnnlab.cells.base import Cell\nclass X(Cell): ...\n"


@pytest.mark.parametrize(
    ("module", "source", "why"),
    [
        ("t_exits", "import sys; sys.exit(0)", "rnnlab-a 1.0 cannot be imported: SystemExit: 0"),
        ("t_hangs", "import time; time.sleep(30)", "rnnlab-a 1.0 cannot be imported: it has not"),
        ("t_empty", "", "does not exist"),
    ],
)
def test_a_plugin_of_a_stored_config_is_imported_with_the_same_care(
    install: Install, monkeypatch: pytest.MonkeyPatch, module: str, source: str, why: str
) -> None:
    monkeypatch.setenv("RNNLAB_IMPORT_TIMEOUT", "0.5")
    install("rnnlab-a", {"cell": {"x": f"{module}:X"}}, {f"{module}.py": source})
    with pytest.raises(ConfigError) as caught:
        resolved(f"{module}.X", "cell")
    assert str(caught.value).startswith(f"cell._target_={module}.X: {why}")


def test_one_built_for_another_rnnlab_is_refused(install: Install) -> None:
    points = {"cell": {"x": "a_cells:X"}}
    install("rnnlab-a", points, {"a_cells.py": CELL}, requires=["rnnlab>=99"])
    with pytest.raises(ConfigError, match=r"rnnlab-a 1\.0 was built for another API version"):
        resolved("a_cells.X", "cell")


def test_plugins_that_are_switched_off_are_named(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("rnnlab-a", {"cell": {"x": "a_cells:X"}}, {"a_cells.py": CELL})
    monkeypatch.setenv("RNNLAB_DISABLE_PLUGINS", "1")
    with pytest.raises(ConfigError, match=r"plugins are disabled by RNNLAB_DISABLE_PLUGINS$"):
        resolved("a_cells.X", "cell")
