"""Each rule of the contract for tasks is broken by one wrong task, which breaks no other."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import numpy as np
import pytest
import torch
from torch import nn

from rnnlab.models.output import Output
from rnnlab.models.window_mlp import WindowMLP
from rnnlab.ranges import Range
from rnnlab.tasks.base import Loss
from rnnlab.tasks.categorical_scores import CategoricalScores
from rnnlab.tasks.synced_many_to_many import SyncedManyToMany
from rnnlab.testing import TaskContract, run
from rnnlab.testing.run import rules
from rnnlab.testing.tasks.tiny_data import Case, cases

Dropout = Annotated[float, Range(min=0, below=1)]
MUTANTS: dict[str, type] = {}


def breaks(rule: str) -> Any:
    def register(task: type) -> type:
        assert rule not in MUTANTS
        MUTANTS[rule] = task
        return task

    return register


class Tagger(SyncedManyToMany):
    """Right, and takes classes at each step alone, so that little data is tried."""

    def __init__(self, dropout: Dropout = 0.0) -> None:
        super().__init__(embedding_size=3, dropout=dropout)

    def refusal(self, spec):
        if spec.target.kind != "tokens" or spec.input.kind == "image":
            return "only classes at each step are answered"
        return super().refusal(spec)


def few_cases() -> list[Case]:
    taken = next(case for case in cases() if Tagger().refusal(case.spec) is None)
    return [cases()[0], taken]


def contract(task: Any) -> type[TaskContract]:
    class Tried(TaskContract):
        def make_task(self, **arguments):
            return task(**arguments)

        def cases(self):
            return few_cases()

    return Tried


def failures(task: Any) -> dict[str, str]:
    return {o.rule: o.reason for o in run(contract(task)) if o.verdict == "failed"}


def test_a_right_task_keeps_every_rule() -> None:
    verdicts = {outcome.verdict for outcome in run(contract(Tagger))}
    assert verdicts == {"passed"}


def test_every_rule_has_a_wrong_task() -> None:
    assert MUTANTS.keys() == set(rules(TaskContract))


@pytest.mark.parametrize("rule", sorted(set(rules(TaskContract))))
def test_a_wrong_task_fails_the_one_rule_that_it_breaks(rule: str) -> None:
    failed = failures(MUTANTS[rule])
    assert list(failed) == [rule], failed
    assert len(failed[rule]) > 30  # says what to change


@breaks("test_it_is_a_task")
class NoTask:
    pass


@breaks("test_refusal_is_nothing_or_words")
class Terse(Tagger):
    def refusal(self, spec):
        return None if super().refusal(spec) is None else "no"


@breaks("test_refusal_depends_on_the_data_alone")
class Remembering(Tagger):
    def refusal(self, spec):
        self.last = spec
        return super().refusal(spec)


@breaks("test_some_data_is_taken")
class Refusing(Tagger):
    def refusal(self, spec):
        return "nothing is ever good enough"


@breaks("test_what_is_taken_can_be_trained")
class Greedy(Tagger):
    def refusal(self, spec):
        return super().refusal(spec) if spec.input.sequence else None

    def build_model(self, spec, backbone):
        if not spec.input.sequence:
            raise TypeError("no steps")
        return super().build_model(spec, backbone)


@breaks("test_truncation_is_refused_in_words")
class SilentlyRefusing(Tagger):
    truncation_refusal = ""


@breaks("test_models_give_outputs")
class Forgetful(Tagger):
    def build_model(self, spec, backbone):
        model = super().build_model(spec, backbone)
        model.spec = replace(spec, stream=not spec.stream)
        return model


@breaks("test_every_parameter_gets_a_gradient")
class Wasteful(Tagger):
    def build_model(self, spec, backbone):
        model = super().build_model(spec, backbone)
        model.unused = nn.Linear(2, 2)
        return model


class _Squeezing(Tagger):
    def loss(self, output, batch):
        if batch.input.shape[1] == 1:
            raise IndexError("squeezed away")
        return super().loss(output, batch)


breaks("test_a_batch_of_one_example_and_of_one_step")(_Squeezing)


@breaks("test_float64")
class Single(Tagger):
    def loss(self, output, batch):
        loss = super().loss(output, batch)
        return Loss(loss.total.float(), loss.count)


@breaks("test_tensors_are_made_on_the_device_of_the_model")
class OnTheCpu(Tagger):
    def loss(self, output, batch):
        ones = torch.ones(output.values.shape)
        return super().loss(Output(output.values * ones), batch)


@breaks("test_every_backbone_works_or_is_refused")
class Choosy(Tagger):
    def build_model(self, spec, backbone):
        model = super().build_model(spec, backbone)
        if isinstance(model.backbone, WindowMLP):
            raise TypeError("a window")
        return model


@breaks("test_the_seed_decides_the_weights")
class Constant(Tagger):
    def build_model(self, spec, backbone):
        with torch.random.fork_rng():
            torch.manual_seed(5)
            return super().build_model(spec, backbone)


@breaks("test_chunks_carry_the_state")
class Stateless(Tagger):
    def build_model(self, spec, backbone):
        model = super().build_model(spec, backbone)
        forward = model.forward
        model.forward = lambda batch, state=None: forward(batch)
        return model


@breaks("test_loss_is_a_sum_and_a_count")
class Vague(Tagger):
    def loss(self, output, batch):
        loss = super().loss(output, batch)
        return Loss(loss.total, loss.count + 0 * loss.total)


@breaks("test_losses_of_rows_add_up")
class Averaging(Tagger):
    def loss(self, output, batch):
        loss = super().loss(output, batch)
        return Loss(loss.mean, torch.ones_like(loss.count))


@breaks("test_padding_does_not_change_the_loss")
class CountingPadding(Tagger):
    def loss(self, output, batch):
        loss = super().loss(output, batch)
        return Loss(loss.total, torch.tensor(batch.target.numel()).to(loss.count))


@breaks("test_it_learns")
class Detached(Tagger):
    def loss(self, output, batch):
        loss = super().loss(output, batch)
        return Loss(loss.total.detach() + 0 * loss.total, loss.count)


class _Changed(CategoricalScores):
    def change(self, scores):
        return scores

    def compute(self):
        return self.change(super().compute())


@breaks("test_scores_are_finite_numbers_with_names")
class Unnamed(Tagger):
    def scores(self, spec):
        class Prefixed(_Changed):
            def change(self, scores):
                return {**scores, "val/loss": scores.get("loss", 0.0)}

        return Prefixed(spec)


@breaks("test_scores_do_not_depend_on_how_examples_are_batched")
class BatchAverages(Tagger):
    def scores(self, spec):
        class Mean(_Changed):
            batches = 0

            def update(self, output, batch):
                self.batches += 1
                super().update(output, batch)

            def reset(self):
                self.batches = 0
                super().reset()

            def change(self, scores):
                return {**scores, "batches": float(self.batches)}

        return Mean(spec)


@breaks("test_scores_add_up_over_processes")
class OutsideOfTorchmetrics(Tagger):
    def scores(self, spec):
        class Counting(_Changed):
            rows = 0

            def update(self, output, batch):
                self.rows += len(batch)
                super().update(output, batch)

            def reset(self):
                self.rows = 0
                super().reset()

            def change(self, scores):
                return {**scores, "rows": float(self.rows)}

        return Counting(spec)


@breaks("test_reset_forgets")
class Clinging(Tagger):
    def scores(self, spec):
        class Kept(CategoricalScores):
            def reset(self):
                self.accuracy.reset()

        return Kept(spec)


@breaks("test_padding_does_not_change_the_scores")
class ScoringPadding(Tagger):
    def scores(self, spec):
        from torchmetrics import SumMetric

        class Wide(_Changed):
            def __init__(self, spec):
                super().__init__(spec)
                self.steps = SumMetric()

            def update(self, output, batch):
                self.steps.update(batch.target.numel())
                super().update(output, batch)

            def reset(self):
                self.steps.reset()
                super().reset()

            def change(self, scores):
                return {**scores, "steps": float(self.steps.compute())}

        return Wide(spec)


@breaks("test_monitor_is_a_score")
class MonitoringNothing(Tagger):
    def monitor(self, spec):
        return "f1", "max"


@breaks("test_monitor_points_where_training_goes")
class Backwards(Tagger):
    def monitor(self, spec):
        return "loss", "max"


@breaks("test_predictions_are_one_plain_row_for_each_example")
class Tensors(Tagger):
    def predict(self, model, batch):
        return [{"prediction": row} for row in model(batch).values]


@breaks("test_predictions_do_not_depend_on_other_examples")
class Comparing(Tagger):
    def predict(self, model, batch):
        rows = super().predict(model, batch)
        return [{**row, "share": 1 / len(rows)} for row in rows]


@breaks("test_padding_does_not_change_predictions")
class AnsweringPadding(Tagger):
    def predict(self, model, batch):
        return [{**row, "steps": batch.input.shape[1]} for row in super().predict(model, batch)]


@breaks("test_answers_change_nothing")
class Masking(Tagger):
    def predict(self, model, batch):
        rows = super().predict(model, batch)
        batch.input.zero_()
        return rows


@breaks("test_answers_are_repeatable")
class Drawing(Tagger):
    def predict(self, model, batch):
        np.random.rand()  # noqa: NPY002
        return super().predict(model, batch)


@breaks("test_every_argument_changes_something")
class Idle(Tagger):
    def __init__(self, dropout: Dropout = 0.0, width: Annotated[int, Range(min=1)] = 3) -> None:
        super().__init__(dropout)


@breaks("test_wrong_values_are_refused")
class Careless(Tagger):
    def __init__(self, dropout: float = 0.0) -> None:
        if dropout < 0:
            raise KeyError(dropout)
        super().__init__(dropout)
