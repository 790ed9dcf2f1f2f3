"""How strongly the last answer depends on each earlier input, by gradients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from rnnlab.data.batch import Batch, valid_steps
from rnnlab.models.model import Model
from rnnlab.models.output import Output
from rnnlab.probing.features_read import features_read
from rnnlab.probing.lags import by_lag, steps_read
from rnnlab.probing.last_answers import last_answers
from rnnlab.probing.last_step import of_last_step
from rnnlab.probing.undisturbed import undisturbed
from rnnlab.tasks.base import Task


@dataclass(frozen=True, eq=False)
class Saliency:
    r"""The size of the gradient that arrives at the input k steps before the last one read.

    Of the output it is the Frobenius norm of the Jacobian :math:`\partial y / \partial x_{T-k}`, of
    the loss the norm of its gradient; x are the features behind the embedding. K lags were
    measured, 0 (the last step read) to the longest row's first step. All on the CPU.

    Args:
        norms: ``(K,)`` float64, the root mean square over the rows that reach so far back, in units
            of the output (logits, scaled reals) or of the loss per unit of a feature.
        rows: ``(K,)`` int64, how many rows those are.
        by_row: ``(B, K)`` float64, the norm in each row; NaN where a row does not reach so far.
        of: What was differentiated.
        exact: Whether the Jacobian's norm is exact; else it is estimated from random directions.
    """

    norms: Tensor
    rows: Tensor
    by_row: Tensor
    of: Literal["output", "loss"]
    exact: bool

    @property
    def shares(self) -> Tensor:
        """The norms as shares of their sum, ``(K,)``; NaN where that is zero."""
        return self.norms / self.norms.sum()


def saliency(
    model: Model, batch: Batch, task: Task | None = None, *, directions: int = 32, seed: int = 0
) -> Saliency:
    """Return the norm of the gradient at the input, by lag from the last valid step.

    Differentiated is what is answered at the last valid step of each row; where a decoder answers
    after the input, all that it answers, given the true earlier targets. The model runs in
    evaluation mode and is left as it was, gradients included.

    Args:
        model: Any model whose input has a time axis and goes through a backbone.
        batch: B examples, with targets where there is a task or a decoder.
        task: Whose loss of the last answer is differentiated; None for the answer itself.
        directions: Most passes backwards. An answer of more numbers than that is projected on so
            many random vectors of signs, whose mean squared gradient estimates the squared norm
            without bias (Hutchinson 1990, doi:10.1080/03610919008812866).
        seed: Of the signs; the global generator is not used.

    Raises:
        ConfigError: The input has no time axis, or no row has a step.
        ValueError: The model calls no backbone, or a needed target is missing.
    """
    # Validation runs in inference mode, whose tensors cannot take part in a gradient.
    with torch.inference_mode(False), torch.enable_grad(), undisturbed(model):
        batch = _usable(batch)
        steps = steps_read(model.spec, batch)
        with features_read(model) as read:
            output: Output = model(batch)
        if not read:
            raise ValueError(f"{type(model).__name__} calls no backbone with features of steps")
        if task is None:
            scalars, exact = _projections(model, output, batch, directions, seed)
        else:
            scalars, exact = iter([_last_loss(task, model, output, batch)]), True
        squared = _squared_norms(scalars, read[0])  # (B, T)
    squared = by_lag(squared, steps.cpu())
    reached = valid_steps(steps.cpu(), squared.shape[1], squared)
    count = reached.sum(0)
    mean = squared.masked_fill(~reached, 0.0).sum(0) / count
    return Saliency(mean.sqrt(), count, squared.sqrt(), "output" if task is None else "loss", exact)


def _usable(batch: Batch) -> Batch:
    def usable(values: Tensor | None) -> Tensor | None:
        return values.clone() if values is not None and values.is_inference() else values

    return replace(
        batch,
        input=batch.input.clone() if batch.input.is_inference() else batch.input,
        target=usable(batch.target),
        lengths=usable(batch.lengths),
        target_lengths=usable(batch.target_lengths),
        reset=usable(batch.reset),
    )


def _projections(
    model: Model, output: Output, batch: Batch, directions: int, seed: int
) -> tuple[Iterator[Tensor], bool]:
    """Return scalars whose gradients' mean squares add up to the norm, and whether exactly."""
    answers = last_answers(model.spec, output, batch)
    numbers = answers.values.masked_fill(~answers.valid.unsqueeze(2), 0.0).flatten(1)  # (B, M*K)
    if numbers.shape[1] <= directions:
        # Rows do not depend on one another, so one pass gives each row its own gradient.
        return iter(numbers.sum(0).unbind()), True
    generator = torch.Generator().manual_seed(seed)

    def projected() -> Iterator[Tensor]:
        for _ in range(directions):
            signs = torch.randint(2, numbers.shape, generator=generator) * 2 - 1
            yield (numbers * signs.to(numbers)).sum() / directions**0.5

    return projected(), False


def _last_loss(task: Task, model: Model, output: Output, batch: Batch) -> Tensor:
    """Return the sum over rows of the loss of what is answered last."""
    if model.spec.aligned:
        output = of_last_step(output, batch, model.spec)
    return task.loss(output, batch).total


def _squared_norms(scalars: Iterator[Tensor], features: Tensor) -> Tensor:
    """Return ``(B, T)`` float64, the sum over scalars of the squared norm at each step."""
    total = torch.zeros(features.shape[:2], dtype=torch.float64)
    for scalar in scalars:
        if not scalar.requires_grad:
            continue
        (gradient,) = torch.autograd.grad(
            scalar, features, retain_graph=True, allow_unused=True, materialize_grads=True
        )
        total += gradient.cpu().double().square().sum(2)
    return total
