"""The loss of a set of labels at every step, each present or not by itself."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from rnnlab.data.batch import valid_steps
from rnnlab.errors import ConfigError
from rnnlab.models.output import Output
from rnnlab.tasks.base import Loss


@dataclass(frozen=True)
class Probabilities(Output):
    """An output whose values are probabilities, where a model's are logits.

    Baselines answer so: the same numbers are then right as expected values, too, for a task that
    scores squared errors.
    """


def logits_of(output: Output) -> Tensor:
    """Return logits ``(B, T, K)`` of what a model or a baseline answers.

    Raises:
        ValueError: There are no values.
    """
    if output.values is None:
        raise ValueError("the loss of labels needs values")
    return output.values.logit() if isinstance(output, Probabilities) else output.values


def step_losses(logits: Tensor, target: Tensor, lengths: Tensor | None) -> Tensor:
    r"""Return the negative log-likelihood of each step in nats, ``(B, T)``; zero in the padding.

    .. math:: -\sum_k y_k \log \sigma(z_k) + (1 - y_k) \log (1 - \sigma(z_k))

    Args:
        logits: z, ``(B, T, K)``.
        target: y, ``(B, T, K)``, each 0 or 1.
        lengths: ``(B,)`` valid steps, or None for T. What is in the padding changes nothing.

    Raises:
        ConfigError: A valid target is neither 0 nor 1.
    """
    padding = ~valid_steps(lengths, target.shape[1], target).unsqueeze(2)
    exact = torch.promote_types(logits.dtype, torch.float32)
    logits = logits.to(exact).masked_fill(padding, 0)
    target = target.to(exact).masked_fill(padding, 0)
    other = (target != 0) & (target != 1)
    if other.any():
        why = f"takes targets of 0 and 1 only, and one is {target[other][0].item():g}"
        raise ConfigError(why, key="task", value="multilabel")
    losses = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return losses.masked_fill(padding, 0).sum(2)


def bernoulli_loss(logits: Tensor, target: Tensor, lengths: Tensor | None = None) -> Loss:
    """Return the sum of :func:`step_losses`, counted per valid step."""
    losses = step_losses(logits, target, lengths)
    count = torch.tensor(losses.numel(), device=losses.device) if lengths is None else lengths.sum()
    return Loss(losses.sum(), count)
