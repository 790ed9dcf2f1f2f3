"""Rules for what a task says of data before anything trains."""

from __future__ import annotations

from typing import Any

from rnnlab.errors import ConfigError
from rnnlab.tasks.base import Task
from rnnlab.testing.rule import rule
from rnnlab.testing.tasks.subject import TaskSubject, attempt, build


class RefusalRules(TaskSubject):
    """A pair of data and task that does not fit is one clear line."""

    @rule()
    def test_it_is_a_task(self) -> None:
        """``make_task`` gives a new task each time."""
        with attempt("make_task()", "construct your task there with arguments that it takes"):
            task, again = self.make_task(), self.make_task()
        assert isinstance(task, Task), (
            f"make_task returned {type(task).__name__}; derive your class from "
            "rnnlab.tasks.base.Task"
        )
        assert task is not again, "make_task returned the same object twice; construct a new one"

    @rule("test_it_is_a_task")
    def test_refusal_is_nothing_or_words(self) -> None:
        """Every kind of data gets None or a short reason, and never an exception."""
        task = self.make_task()
        for case in self.cases():
            with attempt(f"refusal({case})", "look at every field of the spec and return a text"):
                reason = task.refusal(case.spec)
            assert reason is None or isinstance(reason, str), (
                f"refusal({case}) returned {reason!r}; return None to take the data, else a text"
            )
            assert reason is None or 8 <= len(reason.strip()) <= 300, (
                f"refusal({case}) returned {reason!r}; say in a line why, such as "
                "'the input has no time axis'"
            )
            assert reason is None or "\n" not in reason, (
                f"refusal({case}) has several lines; return one"
            )

    @rule("test_it_is_a_task")
    def test_refusal_depends_on_the_data_alone(self) -> None:
        """Asking changes nothing, and nothing that was asked before matters."""
        task = self.make_task()
        every = self.cases()

        def ask() -> list[Any]:
            # Whatever is raised is told of by test_refusal_is_nothing_or_words.
            answers: list[Any] = []
            for case in every:
                try:
                    answers.append(task.refusal(case.spec))
                except Exception as error:
                    answers.append(type(error))
            return answers

        before = {name: repr(value) for name, value in vars(task).items()}
        first, second = ask(), ask()
        for case, one, other in zip(every, first, second, strict=True):
            assert one == other, (
                f"refusal({case}) was {one!r} and later {other!r}; it must depend on the spec alone"
            )
        after = {name: repr(value) for name, value in vars(task).items()}
        changed = [name for name in after if before.get(name) != after[name]]
        assert not changed, (
            f"refusal sets self.{changed[0] if changed else ''}; keep nothing of the data there: "
            "build_model, scores and monitor get the spec themselves"
        )

    @rule("test_refusal_is_nothing_or_words")
    def test_some_data_is_taken(self) -> None:
        """Some kind of data is not refused."""
        task = self.make_task()
        reasons = {}
        for case in self.cases():
            try:
                reasons[str(case)] = task.refusal(case.spec)
            except Exception as error:
                reasons[str(case)] = repr(error)
        assert None in reasons.values(), (
            "refusal refuses every kind of data; return None for what the task takes, or override "
            f"make_dataset() to give data that fits. It said: {next(iter(reasons.values()))!r}"
        )

    @rule("test_some_data_is_taken")
    def test_what_is_taken_can_be_trained(self) -> None:
        """Data that is not refused meets no exception later, but for a ConfigError in words."""
        worked, told = 0, "nothing"
        for case in self.cases():
            task = self.make_task()
            try:
                taken = task.refusal(case.spec) is None
            except Exception:  # told of by test_refusal_is_nothing_or_words
                continue
            if not taken:
                continue
            advice = "say in refusal why such data is not taken, or take it"
            with attempt(f"training on {case}, which refusal takes,", advice):
                try:
                    model = build(task, case.spec)
                    task.loss(model(case.batch), case.batch).mean.backward()
                    worked += 1
                except ConfigError as error:  # by the values, which no spec tells
                    told = str(error)
        assert worked, (
            f"no data could be trained on ({told}); take some kind of data, or override "
            "make_dataset() to give data that fits"
        )

    @rule("test_it_is_a_task")
    def test_truncation_is_refused_in_words(self) -> None:
        """``truncation_refusal`` is None or says why chunks of time make no sense."""
        reason = self.make_task().truncation_refusal
        assert reason is None or (isinstance(reason, str) and len(reason.strip()) >= 8), (
            f"truncation_refusal is {reason!r}; set it to None, or to a text that says why"
        )
