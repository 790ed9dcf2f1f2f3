"""Rules for what a trained model answers."""

from __future__ import annotations

import copy
import json
from dataclasses import fields, replace
from typing import Any

import torch
from torch import Tensor

from rnnlab.data.batch import Batch
from rnnlab.testing.global_random import seeded, watched
from rnnlab.testing.rule import rule
from rnnlab.testing.tasks.subject import TaskSubject, attempt, close
from rnnlab.testing.tasks.tiny_data import rows_of, with_more_padding


class AnswerRules(TaskSubject):
    """One row of plain values for each example, which depends on that example alone."""

    @rule("test_what_is_taken_can_be_trained")
    def test_predictions_are_one_plain_row_for_each_example(self) -> None:
        """A list of dicts of the same columns, of values that JSON has."""
        for trial in self.trials():
            batch = replace(trial.batch, target=None, target_lengths=None)
            with attempt(f"predict ({trial.case})", "let it do without batch.target"):
                rows = trial.rows(batch)
            assert isinstance(rows, list), f"predict returned {type(rows).__name__}, not a list"
            assert len(rows) == len(batch), (
                f"predict must return a list with one row for each of {len(batch)} examples "
                f"({trial.case})"
            )
            for row in rows:
                advice = "make each a dict such as {'prediction': …}"
                assert isinstance(row, dict), f"predict gave the row {row!r}; {advice}"
                assert row, f"predict gave an empty row; {advice}"
                assert list(row) == list(rows[0]), (
                    f"rows have different columns: {list(rows[0])} and {list(row)}"
                )
                with attempt(f"writing {row!r} as JSON", "give plain values (.tolist(), float)"):
                    assert json.loads(json.dumps(row, allow_nan=False)) == row, (
                        f"the row {row!r} is not what JSON makes of it; use lists and text keys"
                    )

    @rule("test_answers_change_nothing")
    def test_predictions_do_not_depend_on_other_examples(self) -> None:
        """Alone or among others, with little padding or much: the same row."""
        for trial in self.trials():
            batch = replace(trial.batch, target=None, target_lengths=None)
            whole = trial.rows(batch)
            alone = [
                trial.rows(rows_of(batch, slice(row, row + 1)))[0] for row in range(len(batch))
            ]
            for one, other in zip(whole, alone, strict=True):
                assert close(one, other), (
                    f"an example gets {one!r} among others and {other!r} alone ({trial.case}); let "
                    "no row look at another"
                )

    @rule("test_answers_change_nothing")
    def test_padding_does_not_change_predictions(self) -> None:
        """However much padding there is and whatever it holds: the same rows."""
        for trial in self.trials():
            batch = replace(trial.batch, target=None, target_lengths=None)
            longer = with_more_padding(batch, trial.spec)
            with attempt(f"predict ({trial.case})", "cut each answer to the valid steps"):
                plain, padded = trial.rows(batch), trial.rows(longer)
            for one, other in zip(plain, padded, strict=True):
                assert close(one, other), (
                    f"an example gets {one!r}, and {other!r} behind more padding ({trial.case}); "
                    "mask the input and cut each answer to the valid steps"
                )

    @rule(
        "test_predictions_are_one_plain_row_for_each_example",
        "test_scores_are_finite_numbers_with_names",
    )
    def test_answers_change_nothing(self) -> None:
        """Forward, loss, evaluate and predict leave the batch and the weights as they were."""
        for trial in self.trials():
            model, batch = trial.model.eval(), trial.batch
            before, weights = copy.deepcopy(batch), copy.deepcopy(model.state_dict())
            with torch.no_grad():
                trial.task.loss(model(batch), batch)
            trial.score(batch)
            trial.rows(batch)
            changed = [
                field.name
                for field in fields(Batch)
                if not _equal(getattr(before, field.name), getattr(batch, field.name))
            ]
            assert not changed, (
                f"batch.{changed[0] if changed else ''} was written to ({trial.case}); work on a "
                "new tensor (masked_fill, not masked_fill_)"
            )
            moved = [
                name
                for name, value in model.state_dict().items()
                if not _equal(weights[name], value)
            ]
            assert not moved, (
                f"{moved[0] if moved else ''} of the model changed while it answered "
                f"({trial.case}); change weights and buffers in training only"
            )
            assert not model.training, (
                f"the model was put into training mode while it answered ({trial.case})"
            )

    @rule("test_answers_change_nothing")
    def test_answers_are_repeatable(self) -> None:
        """Evaluate and predict draw nothing from the random state that training draws from."""
        for trial in self.trials():
            used: list[str] = []
            answers = []
            for seed in (1, 2):
                with seeded(seed), watched(used):
                    answers.append([trial.rows(trial.batch), trial.score(trial.batch)])
            assert not used, (
                f"evaluate or predict draws from {used[0] if used else ''} ({trial.case}), which "
                "moves what training draws next; use a torch.Generator of your own"
            )
            assert close(*answers), (
                f"two calls of predict differ ({trial.case}); seed what you draw"
            )


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a.shape == b.shape and torch.equal(a.nan_to_num(), b.nan_to_num())
    return bool(a == b)
