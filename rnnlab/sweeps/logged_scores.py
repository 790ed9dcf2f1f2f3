"""Which scores runs will log, found before any of them begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from rnnlab.runs.assemble import assemble
from rnnlab.runs.measure import loader
from rnnlab.sweeps.job import Job
from rnnlab.training.evaluation import evaluate

_OF = ("dataset", "task")
"""What decides the names of scores."""


def logged_scores(runs: Sequence[Job]) -> Iterator[list[str]]:
    """Give the names of the scores of each kind of run: ``loss``, ``accuracy``, ….

    A score says its name when it has counted something; one batch will do.

    Args:
        runs: What is to be run.
    """
    seen = set()
    for run in runs:
        kind = repr([run.plain[part] for part in _OF])
        if kind in seen:
            continue
        seen.add(kind)
        made = assemble(run.config)
        found = evaluate(
            made.model, made.task, loader(made, "val"), device=torch.device("cpu"), max_batches=1
        )
        yield sorted(found)
