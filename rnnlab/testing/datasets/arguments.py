"""Rules for the constructor arguments of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from unittest import SkipTest

from rnnlab.errors import ConfigError
from rnnlab.plugins.signature import Parameter, parameters
from rnnlab.testing.datasets.subject import DatasetSubject, content
from rnnlab.testing.other_values import other_values, wrong_values
from rnnlab.testing.rule import rule
from rnnlab.testing.tasks.subject import attempt


class ArgumentRules(DatasetSubject):
    """Every argument does something, and a wrong value of it is refused in words.

    Attributes:
        other_values: For an argument whose other values the signature does not tell: one that
            differs from what ``make_dataset`` chooses.
        beside: For an argument that matters only beside others: those, as
            ``{"min_count": {"tokenizer": "words"}}``.
        unseen_arguments: Arguments whose effect cannot be seen here, each with the reason.
        reads: Whether data is read, so that ``sha256`` is that of a source which arguments divide
            and cut. Made-up data has another hash with every argument that changes it.
    """

    other_values: ClassVar[Mapping[str, Any]] = {}
    beside: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    unseen_arguments: ClassVar[Mapping[str, str]] = {}
    reads: ClassVar[bool] = False

    @rule("test_two_constructions_are_equal", "test_the_seed_of_the_run_changes_nothing")
    def test_every_argument_changes_something(self) -> None:
        """Another value changes the spec, the examples, the hash or the baselines."""
        takes = parameters(type(self.dataset()))
        named = {*self.other_values, *self.beside, *self.unseen_arguments}
        unknown = sorted(named - {argument.name for argument in takes})
        assert not unknown, (
            f"other_values, beside or unseen_arguments names {', '.join(unknown)}, which the "
            "constructor does not take"
        )
        seen = [argument for argument in takes if argument.name not in self.unseen_arguments]
        idle = [reason for argument in seen if (reason := self._idle(argument))]
        assert not idle, "; ".join(idle)

    @rule("test_every_argument_changes_something", "test_the_hash_is_hexadecimal")
    def test_the_hash_follows_the_arguments(self) -> None:
        """An argument that changes made-up data changes its hash."""
        if self.reads:
            raise SkipTest("reads = True: the hash is that of a source")
        for argument in parameters(type(self.dataset())):
            usual = self._seen(dict(self.beside.get(argument.name, {})))
            for value in self._values(argument):
                changed = self._seen({**self.beside.get(argument.name, {}), argument.name: value})
                if usual is None or changed is None or changed["content"] == usual["content"]:
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
        name, beside = argument.name, dict(self.beside.get(argument.name, {}))
        usual = self._seen(beside)
        tried = []
        for value in self._values(argument):
            changed = self._seen({**beside, name: value})
            if changed is not None and changed != usual:
                return None
            tried.append(repr(value))
        what = f"(tried {', '.join(tried)})" if tried else "(no value to try)"
        return (
            f"argument {name} changes nothing {what}: use it or leave it out; make_dataset must "
            "pass **arguments on to the constructor; where it matters for other values or beside "
            "other arguments, name them in the contract: "
            f"other_values = {{{name!r}: ...}} or beside = "
            f"{{{name!r}: {{...}}}}; unseen_arguments = {{{name!r}: 'why'}} where it cannot be seen"
        )

    def _values(self, argument: Parameter) -> list[Any]:
        if argument.name in self.other_values:
            return [self.other_values[argument.name]]
        return [value for value in other_values(argument, argument.default) if _small(value)][:3]

    def _seen(self, arguments: dict[str, Any]) -> dict[str, Any] | None:
        """Return whatever of a dataset can be seen from outside; None where it cannot be made."""
        try:
            dataset = self.make_dataset(**arguments)
            return {
                "content": content(dataset),
                "spec": dataset.spec,
                "hash": dataset.sha256(),
                "baselines": repr(dataset.baselines),
                "season_length": dataset.season_length,
            }
        except ConfigError:  # not every value fits every data
            return None


def _small(value: Any) -> bool:
    # A number beside a large default would make data that takes minutes.
    return not isinstance(value, int) or value <= 1000
