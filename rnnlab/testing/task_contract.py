"""What every task must do, as a test suite that its author inherits."""

from __future__ import annotations

from rnnlab.testing.tasks.answers import AnswerRules
from rnnlab.testing.tasks.arguments import ArgumentRules
from rnnlab.testing.tasks.losses import LossRules
from rnnlab.testing.tasks.models import ModelRules
from rnnlab.testing.tasks.refusal import RefusalRules
from rnnlab.testing.tasks.scores import ScoreRules


class TaskContract(RefusalRules, ModelRules, LossRules, ScoreRules, AnswerRules, ArgumentRules):
    """The rules for tasks: derive a test class, and say how your task is made.

    Each rule is tried on every kind of tiny made-up data that the task does not refuse::

        class TestMyTask(TaskContract):
            def make_task(self, **arguments):
                return MyTask(**{"embedding_size": 4, **arguments})

    Override ``make_dataset`` to try it on data of your own, too, and name in
    ``unseen_arguments`` those constructor arguments whose effect cannot be seen here.
    """
