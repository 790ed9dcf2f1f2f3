"""The contract of an installed class, without a line of its author's."""

from __future__ import annotations

from typing import Any

from rnnlab import testing
from rnnlab.plugins.discovery import FILLED
from rnnlab.plugins.signature import parameters
from rnnlab.testing.other_values import other_values


def contract(cls: type, group: str, arguments: dict[str, Any]) -> type:
    """Return the contract of a class, as its author would write it.

    An argument of which no other value can be guessed, such as a free text, is left to the tests of
    its own package: whoever checks an installed class cannot name one.

    Args:
        cls: The class of a cell, a task or a dataset.
        group: ``cell``, ``task`` or ``dataset``.
        arguments: What its constructor is called with, where a rule does not say otherwise.
    """

    def make(_: object, *positions: Any, **given: Any) -> Any:
        return cls(*positions, **{**arguments, **given})

    base: type = getattr(testing, f"{group.capitalize()}Contract")
    guessed = parameters(cls, without=FILLED.get(group, ()))
    unseen = {item.name: "no other value is known" for item in guessed if not other_values(item)}
    content = {f"make_{group}": make, "unseen_arguments": unseen}
    return type(f"{cls.__name__}Contract", (base,), content)
