"""The contract of an installed class, without a line of its author's."""

from __future__ import annotations

from typing import Any

from rnnlab import testing


def contract(cls: type, group: str, arguments: dict[str, Any]) -> type:
    """Return the contract of a class, as its author would write it.

    Args:
        cls: The class of a cell, a task or a dataset.
        group: ``cell``, ``task`` or ``dataset``.
        arguments: What its constructor is called with, where a rule does not say otherwise.
    """

    def make(_: object, *positions: Any, **given: Any) -> Any:
        return cls(*positions, **{**arguments, **given})

    base: type = getattr(testing, f"{group.capitalize()}Contract")
    return type(f"{cls.__name__}Contract", (base,), {f"make_{group}": make})
