"""The contract of a component and its capability card, run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from rnnlab import testing
from rnnlab.capability.abilities import SHOWN_BY, by_engine, by_export, by_rule, said
from rnnlab.capability.arguments import arguments, converted, sized
from rnnlab.capability.choosing import chosen
from rnnlab.capability.compiling import Compilation
from rnnlab.capability.contract import contract
from rnnlab.capability.outcome import Card, Report
from rnnlab.capability.sizes import sizes
from rnnlab.capability.speed import speeds
from rnnlab.errors import ConfigError, together
from rnnlab.plugins import discovery
from rnnlab.plugins.discovery import Component
from rnnlab.testing import Outcome

COMPILE_SECONDS = 90.0
_UNITS = 64
_LEFT_OUT = "left out by --skip"


def check_all(
    name: str, overrides: Sequence[str] = (), *, skip: Collection[str] = (), quick: bool = False
) -> Iterator[Report]:
    """Check every component that a name stands for; see :func:`check`.

    One that cannot be made or imported does not keep the others from being checked.

    Raises:
        ConfigError: Something of the above, after all the others were checked.
    """
    found = chosen(name)
    groups = {component.group for component in found}
    for item in overrides:
        if item.partition(".")[0] not in groups:
            valid = [f"{group}.ARGUMENT=VALUE" for group in sorted(groups)]
            raise ConfigError("is not for what is checked", key=item, valid=valid)
    mistakes: list[ConfigError] = []
    for component in found:
        try:
            yield check(component, overrides, skip=skip, quick=quick)
        except ConfigError as error:
            mistakes.append(error)
    if (mistake := together(mistakes)) is not None:
        raise mistake


def check(
    component: Component,
    overrides: Sequence[str] = (),
    *,
    skip: Collection[str] = (),
    quick: bool = False,
) -> Report:
    """Run the contract of a component and, for a cell, find out what it can do.

    Args:
        component: A cell, a task or a dataset.
        overrides: Constructor arguments, ``cell.hidden_size=8``; others are guessed.
        skip: Names of rules to leave out.
        quick: Leave out what takes long: compilation and speed.

    Raises:
        ConfigError: It cannot be imported or made, or an override or the name of a rule is wrong.
    """
    cls = discovery.load(component.group, component.qualified)
    # Overrides of a whole distribution are for the components of their group.
    own = [item for item in overrides if item.startswith(f"{component.group}.")]
    given = arguments(cls, component.group, own)
    small = converted(cls, component.group, given)
    suite = contract(cls, component.group, small)
    _try_to_make(component, cls, small)
    if unknown := sorted(set(skip) - set(rules_of(suite))):
        raise ConfigError(
            "there is no such rule", key="--skip", value=unknown[0], valid=rules_of(suite)
        )
    compilation = None
    if component.group == "cell" and not quick:
        compilation = Compilation(component.qualified, given, COMPILE_SECONDS)
    try:
        outcomes = _outcomes(suite, skip)
        card = None
        if component.group == "cell":
            large = converted(cls, "cell", sized(cls, "cell", _UNITS, own))
            card = _card(cls, small, large, outcomes, compilation)
    finally:
        if compilation is not None:
            compilation.end()
    return Report(
        component=f"{component.group}/{component.name}",
        origin=f"{component.target} of {component.distribution} {component.version}",
        arguments=given,
        outcomes=outcomes,
        card=card,
    )


def rules_of(suite: type) -> list[str]:
    """Return the names of the rules of a contract."""
    return [name for name in dir(suite) if name.startswith("test_")]


def _try_to_make(component: Component, cls: type, given: dict[str, Any]) -> None:
    """Make it once: a wrong guess is no broken rule."""
    filled = {"input_size": 3} if component.group == "cell" else {}
    try:
        cls(**filled, **given)
    except Exception as error:
        why = error.why if isinstance(error, ConfigError) else f"{type(error).__name__}: {error}"
        values = ", ".join(f"{name}={value}" for name, value in given.items()) or "its defaults"
        example = next(iter(given), "ARGUMENT")
        raise ConfigError(
            f"cannot be made with {values}: {why}; give others, as in "
            f"{component.group}.{example}=…",
            key=component.group,
            value=component.name,
        ) from error


def _outcomes(suite: type, skip: Collection[str]) -> list[Outcome]:
    left_out = type(suite.__name__, (suite,), dict.fromkeys(skip))
    ran = testing.run(left_out)
    return [*ran, *(Outcome(name, "skipped", _LEFT_OUT) for name in sorted(skip))]


def _card(
    cls: type,
    small: dict[str, Any],
    large: dict[str, Any],
    outcomes: Sequence[Outcome],
    compilation: Compilation | None,
) -> Card:
    cell = _large(cls, small, large)
    abilities = [by_engine(name, cell) for name in ("scan", "fused")]
    compiles = False
    if compilation is not None:
        abilities.append(compilation.result())
        compiles = bool(abilities[-1].able)
    abilities += [by_rule(name, outcomes) for name in SHOWN_BY]
    abilities.append(by_export(lambda: cls(input_size=3, **small)))
    try:
        return Card(abilities, sizes(cell), [] if compilation is None else speeds(cell, compiles))
    except Exception as error:  # a cell that breaks rules may do anything
        return Card(abilities, trouble=said(error))


def _large(cls: type, small: dict[str, Any], large: dict[str, Any]) -> Any:
    """Return the cell to measure; the small one where it cannot be made larger."""
    try:
        return cls(input_size=_UNITS, **large)
    except Exception:
        return cls(input_size=3, **small)
