"""Rules for the loss of a task."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.tasks.base import Loss
from rnnlab.testing.rule import rule
from rnnlab.testing.tasks.subject import TaskSubject, Trial, close
from rnnlab.testing.tasks.tiny_data import rows_of, with_more_padding

_TRAINING_STEPS = 12


class LossRules(TaskSubject):
    """A loss is a sum over valid elements and their number, and can be made smaller."""

    @rule("test_what_is_taken_can_be_trained")
    def test_loss_is_a_sum_and_a_count(self) -> None:
        """Two finite scalars; a gradient flows through the sum alone."""
        for trial in self.trials():
            loss = trial.task.loss(trial.model(trial.batch), trial.batch)
            where = f"({trial.case})"
            assert isinstance(loss, Loss), (
                f"loss returned {type(loss).__name__}; return rnnlab.tasks.base.Loss(total, count)"
            )
            for name, part in (("total", loss.total), ("count", loss.count)):
                assert isinstance(part, Tensor), f"Loss.{name} is a {type(part).__name__} {where}"
                assert part.dim() == 0, (
                    f"Loss.{name} has the axes {tuple(part.shape)}, and must have none {where}"
                )
                assert part.isfinite(), f"Loss.{name} is {part.item()} for finite values {where}"
            assert loss.total.requires_grad, f"no gradient flows through Loss.total {where}"
            assert not loss.count.requires_grad, f"Loss.count must not be differentiable {where}"
            assert loss.count > 0, f"Loss.count is {loss.count.item()} for valid examples {where}"

    @rule("test_loss_is_a_sum_and_a_count")
    def test_losses_of_rows_add_up(self) -> None:
        """The loss of a batch is the sum of those of its rows: so processes share a batch."""
        for trial in self.trials():
            model, batch = trial.model.eval(), trial.batch
            whole = trial.task.loss(model(batch), batch)
            rows = [rows_of(batch, slice(row, row + 1)) for row in range(len(batch))]
            parts = [trial.task.loss(model(row), row) for row in rows]
            for name in ("total", "count"):
                one = float(getattr(whole, name).detach())
                added = sum(float(getattr(part, name).detach()) for part in parts)
                assert close(one, added), (
                    f"Loss.{name} of a batch is {one:g} and {added:g} added over its rows "
                    f"({trial.case}); take sums over valid elements, not means, and let no row "
                    "look at another"
                )

    @rule("test_loss_is_a_sum_and_a_count")
    def test_padding_does_not_change_the_loss(self) -> None:
        """However much padding there is and whatever it holds: same loss, same gradients."""
        for trial in self.trials():
            batch = with_more_padding(trial.batch, trial.spec)
            if batch is trial.batch:
                continue
            advice = f"mask the steps beyond the lengths before you add up ({trial.case})"
            results = []
            for each in (trial.batch, batch):
                trial.model.zero_grad()
                loss = trial.task.loss(trial.model.eval()(each), each)
                loss.total.backward()
                gradients = [
                    p.grad.flatten() for p in trial.model.parameters() if p.grad is not None
                ]
                results.append((float(loss.total.detach()), float(loss.count), gradients))
            plain, padded = results
            assert close(padded[0], plain[0]), (
                f"with more padding Loss.total is {padded[0]:g} instead of {plain[0]:g}; {advice}"
            )
            assert padded[1] == plain[1], (
                f"with more padding Loss.count is {padded[1]:g} instead of {plain[1]:g}; {advice}"
            )
            assert all(
                torch.allclose(one, other, rtol=1e-3, atol=1e-5)
                for one, other in zip(padded[2], plain[2], strict=True)
            ), f"with more padding the gradients differ; {advice}"

    @rule("test_loss_is_a_sum_and_a_count")
    def test_it_learns(self) -> None:
        """The loss of a few examples falls within a few optimizer steps."""
        for trial in self.trials():
            first, last = train(trial)
            assert last < first, (
                f"after {_TRAINING_STEPS} steps on four examples the loss is {last:g}, and "
                f"{first:g} before ({trial.case}); let the gradient "
                "flow from Loss.total to the weights"
            )


def train(trial: Trial) -> tuple[float, float]:
    """Train on the trial's examples; return the mean loss before and after."""
    losses, size = [], 0.03
    model = trial.model.train()
    for _ in range(_TRAINING_STEPS):
        model.zero_grad()
        loss = trial.task.loss(model(trial.batch), trial.batch).mean
        loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.grad is not None:
                    # As Adam's first steps are, without importing torch's optimizers.
                    parameter.sub_(size * parameter.grad.sign())
        losses.append(float(loss.detach()))
    return losses[0], min(losses[-3:])
