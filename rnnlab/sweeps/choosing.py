"""Who decides, while a sweep goes on, which further runs it makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.grid_confirmation import GridConfirmation
from rnnlab.sweeps.job import Job
from rnnlab.sweeps.plan import Plan
from rnnlab.sweeps.search_plan import SearchPlan
from rnnlab.sweeps.source import Source


def chooser(
    plan: Plan,
    folder: SweepFolder,
    planned: Callable[[Sequence[Job]], None],
    say: Callable[[str], None],
) -> Source | None:
    """Return what chooses runs; None where all are planned.

    Args:
        plan: What is asked for.
        folder: Of the sweep, which is there.
        planned: Is told of runs before they are given.
        say: Is told what happens, a line at a time.

    Raises:
        ConfigError: The study is kept elsewhere, or asks another question.
        StorageError: It cannot be reached, read or written.
    """
    if plan.search is not None:
        return _search(plan.search, folder, planned, say)
    return GridConfirmation(plan, planned, say) if plan.options.confirm else None


def _search(
    plan: SearchPlan,
    folder: SweepFolder,
    planned: Callable[[Sequence[Job]], None],
    say: Callable[[str], None],
) -> Source:
    # Late, for they import Optuna, which a grid does not need.
    from rnnlab.sweeps.search import Search
    from rnnlab.sweeps.study import How, Study

    options = plan.options
    how = How(options.search, options.trials or 0, plan.seed, plan.replicates, plan.pruner)
    study = Study(folder.path, options.storage, plan.space, plan.objectives, how)
    return Search(plan, study, folder, planned, say)
