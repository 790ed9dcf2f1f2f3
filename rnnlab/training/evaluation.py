"""Scores of a trained model on one part of a dataset."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import torch

from rnnlab.cells.base import Tree
from rnnlab.data.batch import Batch
from rnnlab.models.model import Model
from rnnlab.tasks.base import Task


def evaluate(
    model: Model,
    task: Task,
    batches: Iterable[Batch],
    *,
    device: torch.device,
    max_batches: int | None = None,
) -> dict[str, float]:
    """Return the scores of a model in evaluation mode, in the precision of its weights.

    Args:
        model: Is moved to ``device``, and left there in the mode it came in.
        task: Says what the scores are.
        batches: Where the examples come from.
        device: Where to compute.
        max_batches: Read no more than this many batches.
    """
    scores = task.scores(model.spec).to(device)
    was_training = model.training
    model.to(device).eval()
    dtype = next((p.dtype for p in model.parameters() if p.is_floating_point()), torch.float32)
    state: Tree = None
    with torch.inference_mode():
        for batch in islice(batches, max_batches):
            moved = batch.to(device)
            if moved.input.is_floating_point():
                moved.input = moved.input.to(dtype)
            output = task.evaluate(model, moved, state if batch.continues else None)
            state = output.state
            scores.update(output, moved)
    model.train(was_training)
    return scores.compute()
