"""Rules for the constructor arguments of a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from unittest import SkipTest

from rnnlab.errors import ConfigError
from rnnlab.plugins.signature import Parameter, parameters
from rnnlab.testing.arguments import TriedArguments, idle
from rnnlab.testing.datasets.subject import DatasetSubject, content
from rnnlab.testing.other_values import wrong_values
from rnnlab.testing.rule import rule
from rnnlab.testing.tasks.subject import attempt

_ENOUGH = 3  # values of an argument, for a dataset takes long to make


class ArgumentRules(TriedArguments, DatasetSubject):
    """Every argument does something, and a wrong value of it is refused in words.

    Attributes:
        reads: Whether data is read, so that ``sha256`` is that of a source which arguments divide
            and cut. Made-up data has another hash with every argument that changes it.
    """

    reads: ClassVar[bool] = False

    @rule("test_two_constructions_are_equal", "test_the_seed_of_the_run_changes_nothing")
    def test_every_argument_changes_something(self) -> None:
        """Another value changes the spec, the examples, the hash or the baselines."""
        takes = self.seen_arguments(type(self.dataset()))
        found = [reason for argument in takes if (reason := self._idle(argument))]
        assert not found, "; ".join(found)

    @rule("test_every_argument_changes_something", "test_the_hash_is_hexadecimal")
    def test_the_hash_follows_the_arguments(self) -> None:
        """An argument that changes made-up data changes its hash."""
        if self.reads:
            raise SkipTest("reads = True: the hash is that of a source")
        for argument in parameters(type(self.dataset())):
            usual = self._seen(self.needed_beside(argument))
            for value, changed in self._with_other_values(argument, []):
                if changed["content"] == usual["content"]:
                    continue
                assert changed["hash"] != usual["hash"], (
                    f"{argument.name}={value!r} changes the examples and not sha256(); hash all "
                    "that is generated (rnnlab.data.generation.splits_sha256), or say reads = True "
                    "in the contract where it is the hash of a source"
                )

    @rule("test_make_dataset_makes_a_dataset")
    def test_wrong_values_are_refused(self) -> None:
        """What the signature lets through works, or raises a ConfigError."""
        for argument in parameters(type(self.dataset())):
            for value in wrong_values(argument):
                advice = (
                    "declare what is valid (Annotated[int, Range(min=1)]), or raise ConfigError "
                    "(rnnlab.errors.check_choice for names)"
                )
                given = f"{argument.name}={value!r}"
                with attempt(given, advice):
                    try:
                        content(self.make_dataset(**{argument.name: value}))
                    except ConfigError:
                        continue
                assert value != "no-such-choice", (
                    f"{given} is taken though the signature has no such choice; {advice}"
                )

    def _idle(self, argument: Parameter) -> str | None:
        """Return why an argument seems to have no effect, or None where it has one."""
        usual = self._seen(self.needed_beside(argument))
        tried: list[Any] = []
        refusals: list[ConfigError] = []
        for value, changed in self._with_other_values(argument, refusals):
            if changed != usual:
                return None
            tried.append(value)
        return idle(argument.name, tried, "make_dataset", *refusals[-1:])

    def _with_other_values(
        self, argument: Parameter, refusals: list[ConfigError]
    ) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Give other values and what they make, as many as are enough; note what is refused."""
        beside, made = self.needed_beside(argument), 0
        for value in self.values_to_try(argument):
            if argument.name not in self.other_values and not _small(value):
                continue
            try:
                seen = self._seen({**beside, argument.name: value})
            except ConfigError as refusal:  # not every value fits every data
                refusals.append(refusal)
                continue
            yield value, seen
            made += 1
            if made == _ENOUGH:
                return

    def _seen(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return whatever of a dataset can be seen from outside."""
        dataset = self.make_dataset(**arguments)
        return {
            "content": content(dataset),
            "spec": dataset.spec,
            "hash": dataset.sha256(),
            "baselines": repr(dataset.baselines),
            "season_length": dataset.season_length,
        }


def _small(value: Any) -> bool:
    # A number beside a large default would make data that takes minutes.
    return not isinstance(value, int) or value <= 1000
