"""Rules for the scores of a task, and for the one that picks the best checkpoint."""

from __future__ import annotations

import math
import re

from torchmetrics import Metric

from rnnlab.tasks.scores import Scores
from rnnlab.testing.rule import rule
from rnnlab.testing.tasks.losses import train
from rnnlab.testing.tasks.subject import TaskSubject, Trial, attempt, close
from rnnlab.testing.tasks.tiny_data import rows_of, with_more_padding


class ScoreRules(TaskSubject):
    """Scores are finite numbers with names, over all valid elements, however they are batched."""

    @rule("test_what_is_taken_can_be_trained")
    def test_scores_are_finite_numbers_with_names(self) -> None:
        """Plain names and numbers, ``loss`` among them."""
        for trial in self.trials():
            assert isinstance(trial.task.scores(trial.spec), Scores), (
                "scores must return a rnnlab.tasks.scores.Scores"
            )
            with attempt(f"scores ({trial.case})", "let update take what evaluate returns"):
                scores = trial.score(trial.batch)
            assert "loss" in scores, f"compute gives {sorted(scores)}; add 'loss', the mean loss"
            for name, value in scores.items():
                assert re.fullmatch(r"[a-z][a-z0-9_]*", name), (
                    f"a score is named {name!r}; use small letters and _, without a prefix"
                )
                assert type(value) is float, (
                    f"score {name} is a {type(value).__name__}; use float()"
                )
                assert math.isfinite(value), f"score {name} is {value} ({trial.case})"

    @rule("test_scores_are_finite_numbers_with_names")
    def test_scores_do_not_depend_on_how_examples_are_batched(self) -> None:
        """One batch or a batch for each example: the same scores."""
        for trial in self.trials():
            rows = [rows_of(trial.batch, slice(row, row + 1)) for row in range(len(trial.batch))]
            with attempt(f"scores ({trial.case})", "let update take a batch of one example"):
                together, apart = trial.score(trial.batch), trial.score(*rows)
            for name, value in together.items():
                other = apart.get(name, math.nan)
                assert close(value, other), (
                    f"score {name} is {value:g} of one batch and {other:g} of one batch for each "
                    f"example ({trial.case}); add up sums and counts, and divide in compute"
                )

    @rule("test_scores_do_not_depend_on_how_examples_are_batched")
    def test_scores_add_up_over_processes(self) -> None:
        """What two processes have counted can be put together: it is kept in torchmetrics."""
        for trial in self.trials():
            halves = [rows_of(trial.batch, slice(0, 1)), rows_of(trial.batch, slice(1, None))]
            counted = []
            for half in halves:
                scores = trial.task.scores(trial.spec)
                scores.update(trial.answer(half), half)
                counted.append(scores)
            try:
                for mine, theirs in zip(*map(_metrics, counted), strict=True):
                    mine.merge_state(theirs)
                    # A result that was kept from before the merge would be returned again.
                    mine._computed = None
            except RuntimeError:  # a metric that torchmetrics cannot merge in one process
                continue
            both, whole = counted[0].compute(), trial.score(trial.batch)
            wrong = [name for name in whole if not close(whole[name], both.get(name, math.nan))]
            assert not wrong, (
                f"score {wrong[0] if wrong else ''} of two processes is not that of all examples "
                f"({trial.case}); keep sums and counts in torchmetrics metrics that are attributes "
                "of your Scores, with dist_reduce_fx"
            )

    @rule("test_scores_are_finite_numbers_with_names")
    def test_reset_forgets(self) -> None:
        """After ``reset`` the scores are as if nothing had been counted."""
        for trial in self.trials():
            scores = trial.task.scores(trial.spec)
            first, rest = rows_of(trial.batch, slice(0, 1)), rows_of(trial.batch, slice(1, None))
            scores.update(trial.answer(first), first)
            scores.reset()
            scores.update(trial.answer(rest), rest)
            wrong = [
                name
                for name, value in trial.score(rest).items()
                if not close(value, scores.compute().get(name, math.nan))
            ]
            assert not wrong, (
                f"score {wrong[0] if wrong else ''} remembers what was counted before reset "
                f"({trial.case}); reset every metric there"
            )

    @rule("test_scores_are_finite_numbers_with_names", "test_padding_does_not_change_the_loss")
    def test_padding_does_not_change_the_scores(self) -> None:
        """However much padding there is and whatever it holds: the same scores."""
        for trial in self.trials():
            batch = with_more_padding(trial.batch, trial.spec)
            if batch is trial.batch:
                continue
            with attempt(f"scores ({trial.case})", "leave out the steps beyond the lengths"):
                plain, padded = trial.score(trial.batch), trial.score(batch)
            for name, value in plain.items():
                other = padded.get(name, math.nan)
                assert close(value, other), (
                    f"score {name} is {value:g}, and {other:g} with more padding ({trial.case}); "
                    "count valid steps only (rnnlab.tasks.steps.valid_rows)"
                )

    @rule("test_scores_are_finite_numbers_with_names")
    def test_monitor_is_a_score(self) -> None:
        """``monitor`` names a score that there is, and ``min`` or ``max``."""
        for trial in self.trials():
            name, mode = trial.task.monitor(trial.spec)
            scores = trial.score(trial.batch)
            assert name in scores, f"monitor names {name!r}, but the scores are {sorted(scores)}"
            assert mode in ("min", "max"), f"monitor says {mode!r}; say 'min' or 'max'"

    @rule("test_monitor_is_a_score", "test_it_learns")
    def test_monitor_points_where_training_goes(self) -> None:
        """Training on a few examples does not make their monitored score worse."""
        for trial in self.trials():
            name, mode = trial.task.monitor(trial.spec)
            if not self._monitored(trial, name):
                continue
            before = trial.score(trial.batch)[name]
            first, last = train(trial)
            after = trial.score(trial.batch)[name]
            if last > 0.8 * first:
                continue  # nothing was learnt that a score could show
            worse = after > before if mode == "min" else after < before
            assert not worse or close(after, before), (
                f"training lowered the loss from {first:g} to {last:g} and moved {name} from "
                f"{before:g} to {after:g}, which monitor calls worse ({mode}) ({trial.case}); "
                f"return {('max' if mode == 'min' else 'min')!r}"
            )

    def _monitored(self, trial: Trial, name: str) -> bool:
        return name in trial.score(trial.batch)


def _metrics(scores: Scores) -> list[Metric]:
    return [module for module in scores.modules() if isinstance(module, Metric)]
