"""What the last answer does when an earlier input is exchanged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rnnlab.data.batch import Batch
from rnnlab.errors import ConfigError
from rnnlab.models.model import Model
from rnnlab.probing.lags import steps_read
from rnnlab.probing.last_answers import LastAnswers, last_answers
from rnnlab.probing.undisturbed import undisturbed


@dataclass(frozen=True, eq=False)
class Change:
    """A change of the answer, by lag; N lags.

    Args:
        mean: ``(N,)`` float64 over the sequences; NaN where fewer than two reach so far back.
        error: ``(N,)`` float64, the standard error of that mean.
    """

    mean: Tensor
    error: Tensor


@dataclass(frozen=True, eq=False)
class Swaps:
    """How the last answer changed when the input at one lag was that of another sequence.

    All tensors are on the CPU. A decoder's answers are averaged over its valid steps, but for
    ``distance``, which is over all of them together.

    Args:
        lags: N lags, 0 for the last valid step of a row.
        rows: ``(N,)`` int64, how many sequences reach so far back and were measured.
        replaced: ``(N,)`` int64, in how many of them the new input differs from the old: another
            sequence often holds the same token. The means are over ``rows``.
        absolute: Mean absolute change of the values (logits, or reals as they are scaled).
        distance: Euclidean length of the change of the values.
        variation: Total variation between the distributions before and after, half the sum of
            absolute differences, 0 to 1; None for real targets.
        answers: Share of answers, the likeliest class, that became another; None for real targets.
    """

    lags: tuple[int, ...]
    rows: Tensor
    replaced: Tensor
    absolute: Change
    distance: Change
    variation: Change | None
    answers: Change | None


def swap_probe(
    model: Model, batch: Batch, lags: Sequence[int] | None = None, *, seed: int = 0
) -> Swaps:
    """Exchange the input at each lag among the sequences and measure the answer's change.

    Every sequence that is longer than the lag gets, k steps before its last valid one, the input
    that another has k steps before its own last one. Who gets whose is a random cycle through the
    rows, so no row keeps its own, and it is the same cycle for all lags. What answers are compared
    is said in :func:`rnnlab.probing.saliency.saliency`. This is the importance of a feature by
    permutation (Breiman 2001, doi:10.1023/A:1010933404324), where the features are lags.

    Args:
        model: Any model whose input has a time axis. It runs in evaluation mode and is left as it
            was.
        batch: B examples, with targets where there is a decoder.
        lags: Which; by default 0, 1, 2, 4, 8, and so on, and the greatest of the longest row.
        seed: Of the cycle; the global generator is not used.

    Raises:
        ConfigError: The input has no time axis, there are fewer than two sequences with a step to
            exchange between, or a lag is negative.
    """
    steps = steps_read(model.spec, batch)
    if int((steps > 0).sum()) < 2:
        raise ConfigError("inputs are swapped between sequences, and the batch has only one")
    chosen = _default_lags(int(steps.max())) if lags is None else tuple(lags)
    if not chosen:
        raise ConfigError("at least one lag is needed", key="lags", value=list(chosen))
    if min(chosen) < 0:
        raise ConfigError("must be >= 0", key="lag", value=min(chosen))
    categorical = model.spec.target.categorical
    order = torch.randperm(len(batch), generator=torch.Generator().manual_seed(seed))
    rows, replaced, changes = [], [], []
    with torch.no_grad(), undisturbed(model):
        before = last_answers(model.spec, model(batch), batch)
        for lag in chosen:
            cycle = order[(steps.cpu() > lag)[order]].to(steps.device)
            if len(cycle) < 2:
                rows.append(0)
                replaced.append(0)
                changes.append(torch.empty(4 if categorical else 2, 0, dtype=torch.float64))
                continue
            swapped, different = _swapped(batch, steps, lag, cycle)
            after = last_answers(model.spec, model(swapped), swapped)
            rows.append(len(cycle))
            replaced.append(different)
            changes.append(_changes(before, after, cycle, categorical))
    mean = torch.stack([change.mean(1) for change in changes], 1)  # (measures, N)
    error = torch.stack([_error(change) for change in changes], 1)
    absolute, distance, *of_classes = (Change(*both) for both in zip(mean, error, strict=True))
    variation, answers = of_classes or (None, None)
    counts = torch.tensor(rows), torch.tensor(replaced)
    return Swaps(chosen, *counts, absolute, distance, variation, answers)


def _default_lags(steps: int) -> tuple[int, ...]:
    powers = {2**power for power in range(steps.bit_length())}
    # What matters most may stand at the very beginning.
    return tuple(sorted(lag for lag in {0, *powers, steps - 1} if lag < steps))


def _swapped(batch: Batch, steps: Tensor, lag: int, cycle: Tensor) -> tuple[Batch, int]:
    """Return the batch with exchanged inputs, and in how many rows they differ from the old."""
    at = steps[cycle] - 1 - lag
    old = batch.input[cycle, at]  # (N, ...)
    new = old.roll(1, 0)
    exchanged = batch.input.clone()
    exchanged[cycle, at] = new
    different = (new != old).reshape(len(cycle), -1).any(1)
    return replace(batch, input=exchanged), int(different.sum())


def _changes(before: LastAnswers, after: LastAnswers, rows: Tensor, categorical: bool) -> Tensor:
    """Return each measure of the change in the rows given, ``(measures, N)`` float64."""
    valid = before.valid[rows].cpu()  # (N, M)
    count = valid.sum(1).clamp(min=1)
    old, new = (answers.values[rows].cpu().double() for answers in (before, after))  # (N, M, K)
    difference = (new - old).masked_fill(~valid.unsqueeze(2), 0.0)
    changes = [
        difference.abs().mean(2).sum(1) / count,
        difference.square().sum((1, 2)).sqrt(),
    ]
    if categorical:
        variation = (new.softmax(2) - old.softmax(2)).abs().sum(2) / 2
        other = (new.argmax(2) != old.argmax(2)).double()
        changes += [each.masked_fill(~valid, 0.0).sum(1) / count for each in (variation, other)]
    return torch.stack(changes)


def _error(changes: Tensor) -> Tensor:
    """Return the standard error of each mean of ``(measures, N)``; NaN where N is 0."""
    N = changes.shape[1]
    return changes.std(1) / N**0.5 if N else changes.mean(1)
