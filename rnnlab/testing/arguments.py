"""What the contracts have in common when they try the arguments of a constructor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from rnnlab.plugins.signature import Parameter, parameters
from rnnlab.testing.other_values import other_values


class TriedArguments:
    """What an author can say of arguments whose effect a contract does not find by itself.

    Attributes:
        other_values: For an argument whose other values the signature does not tell: one that
            differs from what ``make_…`` chooses.
        beside: For an argument that matters only beside others: those, as
            ``{"clip_value": {"clip": True}}``.
        unseen_arguments: Arguments whose effect cannot be seen here, each with the reason.
    """

    other_values: ClassVar[Mapping[str, Any]] = {}
    beside: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    unseen_arguments: ClassVar[Mapping[str, str]] = {}

    def seen_arguments(self, component: type, without: Iterable[str] = ()) -> list[Parameter]:
        """Return the arguments of a class's constructor that must have an effect.

        Args:
            component: The class.
            without: Arguments that are not the author's to choose.

        Raises:
            AssertionError: The author names one that the constructor does not take.
        """
        takes = parameters(component, without=without)
        named = {*self.other_values, *self.beside, *self.unseen_arguments}
        unknown = sorted(named - {argument.name for argument in takes})
        assert not unknown, (
            f"other_values, beside or unseen_arguments names {', '.join(unknown)}, which the "
            "constructor does not take"
        )
        return [argument for argument in takes if argument.name not in self.unseen_arguments]

    def values_to_try(self, argument: Parameter) -> list[Any]:
        """Return the author's value, or those that the signature tells."""
        if argument.name in self.other_values:
            return [self.other_values[argument.name]]
        return other_values(argument)

    def needed_beside(self, argument: Parameter) -> dict[str, Any]:
        """Return the arguments beside which this one matters."""
        return dict(self.beside.get(argument.name, {}))


def idle(name: str, tried: Sequence[Any], factory: str, error: Exception | None = None) -> str:
    """Return what to say of an argument without effect.

    Args:
        name: Its name.
        tried: The values that it had.
        factory: The method of the contract that makes the component.
        error: What was raised for another value.
    """
    why = f" ({error})" if error is not None else ""
    advice = f"other_values = {{{name!r}: ...}}"
    unseen = f"unseen_arguments = {{{name!r}: 'why'}} where it cannot be seen"
    if not tried:
        return (
            f"no other value of argument {name} could be tried{why}: name one in the contract, "
            f"{advice}, or {unseen}"
        )
    return (
        f"argument {name} changes nothing (tried {', '.join(map(repr, tried))}): use it or remove "
        f"it; {factory} must pass **arguments on to the constructor; where it matters for other "
        f"values, or beside other arguments, name them in the contract: {advice} or beside = "
        f"{{{name!r}: {{...}}}}; {unseen}"
    )
