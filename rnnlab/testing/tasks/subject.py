"""What the rules for tasks have in common: the task, and the data that it is tried on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import SkipTest

import torch

from rnnlab.data.batch import Batch
from rnnlab.data.dataset import Dataset
from rnnlab.data.loading import make_loader
from rnnlab.data.spec import DataSpec
from rnnlab.models.backbone import BackboneFactory
from rnnlab.models.model import Model
from rnnlab.models.output import Output
from rnnlab.tasks.base import Task
from rnnlab.testing.global_random import seeded
from rnnlab.testing.rule import Contract
from rnnlab.testing.tasks.backbones import gru
from rnnlab.testing.tasks.tiny_data import Case, cases


@dataclass(frozen=True)
class Trial:
    """A task with a model of it and data that it takes.

    Args:
        task: The task.
        case: The data.
        model: Built for it, not trained.
    """

    task: Task
    case: Case
    model: Model

    @property
    def spec(self) -> DataSpec:
        """What the data is."""
        return self.case.spec

    @property
    def batch(self) -> Batch:
        """Examples with targets."""
        return self.case.batch

    def answer(self, batch: Batch) -> Output:
        """Return what validation scores would be computed on."""
        with torch.no_grad():
            return self.task.evaluate(self.model.eval(), batch)

    def rows(self, batch: Batch) -> list[dict[str, Any]]:
        """Return predictions."""
        with torch.no_grad():
            return self.task.predict(self.model.eval(), batch)

    def score(self, *batches: Batch) -> dict[str, float]:
        """Return new scores after some batches."""
        scores = self.task.scores(self.spec)
        for batch in batches:
            scores.update(self.answer(batch), batch)
        return scores.compute()


class TaskSubject(Contract):
    """A task, made by its author's ``make_task``."""

    def make_task(self, **arguments: Any) -> Task:
        """Return a new task; ``arguments`` are constructor arguments that win over your own."""
        raise NotImplementedError("implement make_task(self, **arguments) and return your task")

    def make_dataset(self) -> Dataset | None:
        """Return data that the task takes, if it takes none of the usual kinds."""
        return None

    def cases(self) -> list[Case]:
        """Return the data that the task is tried on."""
        dataset = self.make_dataset()
        if dataset is None:
            return cases()
        loader = make_loader(dataset.split("train"), 4, shuffle=False, seed=0, stream_steps=5)
        return [*cases(), Case(dataset.spec, next(iter(loader)))]

    def trials(self, **arguments: Any) -> list[Trial]:
        """Return a trial for each kind of data that the task takes and can be trained on.

        Raises:
            SkipTest: There is none; other rules say why.
        """
        found = []
        for case in self.cases():
            try:
                task = self.make_task(**arguments)
                if task.refusal(case.spec) is None:
                    trial = Trial(task, case, build(task, case.spec))
                    task.loss(trial.model(case.batch), case.batch).mean.backward()
                    trial.model.zero_grad()
                    found.append(trial)
            except Exception:
                continue
        if not found:
            raise SkipTest("no data could be trained on; see the rules that fail")
        return found


def build(task: Task, spec: DataSpec, backbone: BackboneFactory | None = None) -> Model:
    """Return a model with the weights that seed 0 gives."""
    with seeded(0):
        return task.build_model(spec, backbone or gru())


@contextmanager
def attempt(what: str, advice: str) -> Iterator[None]:
    """Turn whatever is raised into a failure that says what was done and what to change."""
    try:
        yield
    except (AssertionError, SkipTest):
        raise
    except Exception as error:
        why = str(error).splitlines()[0] if str(error) else "no message"
        raise AssertionError(f"{what} raised {type(error).__name__}: {why}; {advice}") from error


def close(a: Any, b: Any) -> bool:
    """Return whether plain values or trees of them are equal up to rounding of float32."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(close(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(close, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return a == b or abs(a - b) <= 1e-5 + 1e-4 * abs(b)
    return bool(a == b)
