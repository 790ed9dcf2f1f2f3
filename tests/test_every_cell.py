"""Every installed cell in every installed task, and through a whole run."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from rnnlab.cells import Cell
from rnnlab.errors import ConfigError
from rnnlab.plugins.discovery import Component, components
from rnnlab.plugins.signature import parameters
from rnnlab.testing.other_values import valid_values
from rnnlab.testing.tasks.backbones import recurrent
from rnnlab.testing.tasks.tiny_data import Case, cases

CELLS = components("cell")
RUN = [
    "name=run",
    "dataset=parity",
    "dataset.steps=6",
    "dataset.train_size=8",
    "dataset.val_size=4",
    "dataset.test_size=4",
    "task=synced_many_to_many",
    "trainer.batch_size=4",
    "trainer.max_epochs=1",
    "trainer.enable_progress_bar=false",
    "trainer.accelerator=cpu",
    "tracking.enabled=false",
    "tracking.system_metrics=false",
]
UNITS = {"hidden_size": 4, "output_size": 4}


def name(component: Component) -> str:
    return f"{component.distribution}:{component.name}"


@cache
def load(component: Component) -> type:
    from importlib.metadata import EntryPoint

    return EntryPoint(component.name, component.target, "").load()


def arguments(component: Component) -> dict[str, Any]:
    """Return few units, and a value for what has no default."""
    chosen: dict[str, Any] = {}
    for parameter in parameters(load(component), without=["input_size"]):
        if parameter.name in UNITS:
            chosen[parameter.name] = UNITS[parameter.name]
        elif parameter.required:
            chosen[parameter.name] = valid_values(parameter)[0]
    return chosen


def make(component: Component, input_size: int) -> Cell:
    cell = load(component)(input_size=input_size, **arguments(component))
    assert isinstance(cell, Cell)
    return cell


def data(task: Any) -> Case | None:
    """Return the first sequences that a task takes, or else any other data."""
    taken = [case for case in cases() if task.refusal(case.spec) is None]
    taken = [case for case in taken if case.spec.input.kind != "image"] or taken
    values = [case for case in taken if case.spec.input.name == "roll"]  # zeros and ones suit all
    return next(iter(values or taken), None)


@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both"])
@pytest.mark.parametrize("component", CELLS, ids=name)
def test_every_cell_runs_in_every_task(component: Component, bidirectional: bool) -> None:
    for installed in components("task"):
        task = load(installed)()
        case = data(task)
        if case is None:
            continue
        backbone = recurrent(lambda size: make(component, size), bidirectional=bidirectional)
        torch.manual_seed(0)
        try:
            model = task.build_model(case.spec, backbone)
        except ConfigError as error:
            assert bidirectional, f"{installed.name}: {error}"  # noqa: PT017
            continue
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        for _ in range(3):
            optimizer.zero_grad()
            loss = task.loss(model(case.batch), case.batch).mean
            loss.backward()
            assert loss.isfinite(), installed.name
            optimizer.step()
        model.eval()
        scores = task.scores(case.spec)
        with torch.inference_mode():
            rows = task.predict(model, replace(case.batch, target=None, target_lengths=None))
            scores.update(task.evaluate(model, case.batch), case.batch)
        assert len(rows) == len(case.batch)
        assert task.monitor(case.spec)[0] in scores.compute()


def test_every_task_is_tried() -> None:
    tried = [task.name for task in components("task") if data(load(task)()) is not None]
    assert {"many_to_many", "many_to_one", "one_to_many", "one_to_one"} < set(tried)


@pytest.mark.parametrize("component", CELLS, ids=name)
def test_every_cell_trains_resumes_and_evaluates(
    component: Component, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnnlab.runs.evaluate import evaluate
    from rnnlab.runs.json_files import read_json
    from rnnlab.runs.resume import resume
    from rnnlab.runs.train import train

    monkeypatch.chdir(tmp_path)
    alone = sum(component.name == other.name for other in CELLS) == 1
    chosen = component.name if alone else component.qualified
    values = [f"cell.{key}={value}" for key, value in arguments(component).items()]
    run = train([f"cell={chosen}", *values, *RUN, f"output_dir={tmp_path}/outputs"])
    assert read_json(run.result)["steps"] == 2
    further = resume("run", Path("outputs"), ["trainer.max_epochs=2"])
    trained = read_json(further.result)
    assert trained["steps"] == 4
    scores = evaluate(str(further.path), [], Path("outputs"))
    expected = trained["scores"]["test"]["loss"]
    assert scores["scores"]["test"]["loss"] == pytest.approx(expected)
