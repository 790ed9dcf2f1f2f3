from __future__ import annotations

from enum import Enum
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig, OmegaConf, open_dict
from torch import nn

from rnnlab.cells.gru import GRU
from rnnlab.config import build
from rnnlab.config.compose import compose
from rnnlab.data.datasets.adding import Adding
from rnnlab.errors import ConfigError, DataError, Refused

COMPOSED = compose(["dataset=adding", "dataset.steps=5", "cell=gru", "cell.hidden_size=3"])


@pytest.fixture
def cfg() -> DictConfig:
    return COMPOSED.copy()


@pytest.fixture
def weights() -> list[nn.Parameter]:
    return [nn.Parameter(torch.ones(2))]


def test_dataset_task_and_cell_get_their_values(cfg: DictConfig) -> None:
    dataset = build.dataset(cfg)
    assert isinstance(dataset, Adding)
    assert dataset.spec.input.size == 2
    assert build.task(cfg).refusal(dataset.spec) is None
    cell = build.cell_factory(cfg)(4)
    assert isinstance(cell, GRU)
    assert (cell.input_size, cell.output_size) == (4, 3)


def test_a_backbone_has_cells_of_its_own(cfg: DictConfig) -> None:
    cfg.backbone.layers = 2
    cfg.backbone.bidirectional = True
    make = build.backbone_factory(cfg)
    both = make(5)
    assert (both.input_size, both.output_size, both.causal) == (5, 6, False)
    assert sum(isinstance(part, GRU) for part in both.modules()) == 4


def test_a_causal_backbone_does_not_look_ahead(cfg: DictConfig) -> None:
    cfg.backbone.bidirectional = True
    make = build.backbone_factory(cfg)
    assert make(5, causal=True).causal
    # The wish is for one backbone, not for all that follow.
    assert not make(5).causal


def test_a_window_needs_no_cell() -> None:
    make = build.backbone_factory(compose(["backbone=window_mlp"]))
    assert make(5, causal=True).input_size == 5


def test_the_optimizer_steps_with_its_values(cfg: DictConfig, weights: list[nn.Parameter]) -> None:
    cfg.optimizer._target_ = "torch.optim.SGD"
    OmegaConf.set_struct(cfg, False)
    for key in ("betas", "eps", "amsgrad"):
        del cfg.optimizer[key]
    cfg.optimizer.lr = 0.5
    optimizer = build.optimizer(cfg, weights)
    weights[0].grad = torch.ones(2)
    optimizer.step()
    torch.testing.assert_close(weights[0].detach(), torch.full((2,), 0.5))


def test_the_scheduler_is_built_without_its_interval(weights: list[nn.Parameter]) -> None:
    cfg = compose(["scheduler=step", "scheduler.step_size=1", "scheduler.gamma=0.1"])
    optimizer = build.optimizer(cfg, weights)
    scheduler = build.scheduler(cfg, optimizer)
    assert scheduler is not None
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(cfg.optimizer.lr * 0.1)
    assert cfg.scheduler.interval == "epoch"


def test_a_plateau_knows_which_way_is_better(weights: list[nn.Parameter]) -> None:
    cfg = compose(["scheduler=plateau"])
    scheduler = build.scheduler(cfg, build.optimizer(cfg, weights), mode="max")
    assert isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau)
    assert scheduler.mode == "max"


def test_no_scheduler(cfg: DictConfig, weights: list[nn.Parameter]) -> None:
    assert build.scheduler(cfg, build.optimizer(cfg, weights)) is None


def test_callbacks_keep_their_order(stranger: Path) -> None:
    assert build.callbacks(COMPOSED) == []
    cfg = compose(["callbacks=[rich_model_summary,quiet]", "callbacks.quiet.volume=2"])
    built = build.callbacks(cfg)
    assert [type(each).__name__ for each in built] == ["RichModelSummary", "Quiet"]
    assert built[1].volume == 2.0  # type: ignore[attr-defined]


def test_a_strangers_cell_is_built(stranger: Path) -> None:
    cell = build.cell_factory(compose(["cell=leaky", "cell.rate=0.5"]))(4)
    assert (type(cell).__name__, cell.input_size, cell.rate) == ("Leaky", 4, 0.5)


def test_a_refusal_of_the_constructor_names_the_key(stranger: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        build.cell_factory(compose(["cell=leaky", "cell.name=wrong"]))(4)
    assert str(caught.value) == "cell.name=wrong: is a bad name; valid: good"
    with pytest.raises(ConfigError) as caught:
        build.cell_factory(compose(["cell=leaky", "cell.name=worse"]))(4)
    assert str(caught.value) == "cell: cannot be"


def test_an_unknown_argument_names_the_key(cfg: DictConfig) -> None:
    with open_dict(cfg):
        cfg.cell.extra = 1
    with pytest.raises(ConfigError, match=r"^cell: .*unexpected keyword argument 'extra'"):
        build.cell_factory(cfg)(4)


def test_errors_keep_their_class(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n1\n")
    overrides = ["dataset=csv_series", f"dataset.path={tmp_path}/x.csv", "dataset.column=b"]
    with pytest.raises(DataError, match=r"^dataset\.column=b"):
        build.dataset(compose(overrides))


def test_a_nested_target_is_only_data(cfg: DictConfig, weights: list[nn.Parameter]) -> None:
    with open_dict(cfg):
        cfg.optimizer.lr = {"_target_": "os.system", "command": "false"}
    with pytest.raises(ConfigError):
        build.optimizer(cfg, weights)


@pytest.mark.parametrize("slot", ["cell", "backbone", "task", "dataset", "optimizer"])
def test_a_target_elsewhere_is_refused(
    cfg: DictConfig, weights: list[nn.Parameter], slot: str
) -> None:
    cfg[slot]._target_ = "os.system"
    builders = {
        "cell": lambda: build.cell_factory(cfg)(1),
        "backbone": lambda: build.backbone_factory(cfg)(1),
        "task": lambda: build.task(cfg),
        "dataset": lambda: build.dataset(cfg),
        "optimizer": lambda: build.optimizer(cfg, weights),
    }
    with pytest.raises(Refused):
        builders[slot]()


class Part(Enum):
    few = 1
    many = 2


class Placed(Adding):
    """A dataset whose constructor takes what YAML cannot write."""

    def __init__(self, place: Path, part: Part = Part.few, **more: int) -> None:
        super().__init__(**more)
        self.place, self.part = place, part


def test_paths_and_enums_are_made_of_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Placed, "__module__", "rnnlab.data.datasets.adding")
    monkeypatch.setattr("rnnlab.data.datasets.adding.Placed", Placed, raising=False)
    cfg = compose(["dataset=adding"])
    with open_dict(cfg):
        cfg.dataset._target_ = "rnnlab.data.datasets.adding.Placed"
        cfg.dataset.place, cfg.dataset.part = "somewhere", "many"
    dataset = build.dataset(cfg)
    assert isinstance(dataset, Placed)
    assert (dataset.place, dataset.part) == (Path("somewhere"), Part.many)
