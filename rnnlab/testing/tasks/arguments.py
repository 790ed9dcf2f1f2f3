"""Rules for the constructor arguments of a task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from rnnlab.errors import ConfigError
from rnnlab.plugins.signature import Parameter, parameters
from rnnlab.tasks.base import Task
from rnnlab.testing.arguments import TriedArguments, idle
from rnnlab.testing.global_random import seeded
from rnnlab.testing.other_values import wrong_values
from rnnlab.testing.rule import rule
from rnnlab.testing.tasks.subject import TaskSubject, Trial, attempt, build, close
from rnnlab.testing.tasks.tiny_data import Case


class ArgumentRules(TriedArguments, TaskSubject):
    """Every argument does something, and a wrong value of it is refused in words."""

    @rule("test_answers_are_repeatable")
    def test_every_argument_changes_something(self) -> None:
        """Another value changes what is refused, built, learnt, scored or answered."""
        takes = self.seen_arguments(type(self.make_task()))
        found = [reason for argument in takes if (reason := self._idle(argument))]
        assert not found, "; ".join(found)

    @rule("test_what_is_taken_can_be_trained")
    def test_wrong_values_are_refused(self) -> None:
        """What the signature lets through works, or raises a ConfigError."""
        for parameter in parameters(type(self.make_task())):
            for value in wrong_values(parameter):
                advice = (
                    "declare what is valid (Annotated[int, Range(min=1)]), or raise ConfigError "
                    "(rnnlab.errors.check_choice for names)"
                )
                given = f"{parameter.name}={value!r}"
                with attempt(given, advice):
                    try:
                        task = self.make_task(**{parameter.name: value})
                        for case in self.cases():
                            if task.refusal(case.spec) is None:
                                build(task, case.spec)
                    except ConfigError:
                        continue
                assert value != "no-such-choice", (
                    f"{given} is taken though the signature has no such choice; {advice}"
                )

    def _idle(self, argument: Parameter) -> str | None:
        """Return why an argument seems to have no effect, or None where it has one."""
        beside = self.needed_beside(argument)
        values = self.values_to_try(argument)[:4]
        usual = _Behaviour(self.make_task, beside)
        for value in values:
            changed = _Behaviour(self.make_task, {**beside, argument.name: value})
            # Case by case, for most arguments show their effect in one of the first.
            if any(not close(usual.on(case), changed.on(case)) for case in self.cases()):
                return None
        return idle(argument.name, values, "make_task")


class _Behaviour:
    """Whatever of a task can be seen from outside, as plain values."""

    def __init__(self, make_task: Callable[..., Task], arguments: dict[str, Any]) -> None:
        self.make_task, self.arguments = make_task, arguments
        self.seen: dict[str, list[Any]] = {}

    def on(self, case: Case) -> list[Any]:
        """Return what the task does with some data."""
        if str(case) not in self.seen:
            try:
                self.seen[str(case)] = self._look(case)
            except Exception as error:  # other rules tell of it
                self.seen[str(case)] = [str(error)]
        return self.seen[str(case)]

    def _look(self, case: Case) -> list[Any]:
        task = self.make_task(**self.arguments)
        reason = task.refusal(case.spec)
        if reason is not None:
            return [reason]
        trial = Trial(task, case, build(task, case.spec))
        losses = []
        for epoch in (0, 5):
            task.on_epoch(epoch)
            with seeded(3), torch.no_grad():
                output = trial.model.train()(case.batch)
                losses.append(float(task.loss(output, case.batch).mean))
        shapes = [list(parameter.shape) for parameter in trial.model.parameters()]
        return [shapes, losses, trial.rows(case.batch), trial.score(case.batch)]
