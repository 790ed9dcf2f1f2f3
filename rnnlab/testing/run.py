"""Running a contract without pytest."""

from __future__ import annotations

import inspect
from unittest import SkipTest

from rnnlab.errors import ConfigError, one_line
from rnnlab.testing.outcome import Outcome
from rnnlab.testing.rule import Contract


def run(contract: type) -> list[Outcome]:
    """Run every rule of a contract: the methods ``test_…`` of the class and of its bases.

    A rule that a subclass sets to None is left out.

    Args:
        contract: A subclass of one of the contracts, made without arguments.

    Returns:
        An outcome for each rule, in the order in which they are written.

    Raises:
        ConfigError: Python runs without assertions.
    """
    if not __debug__:
        raise ConfigError("the rules of a contract are assertions, which python -O leaves out")
    if issubclass(contract, Contract):
        contract.forget()
    return [_outcome(contract, name) for name in rules(contract)]


def rules(contract: type) -> list[str]:
    """Return the names of the rules of a contract, in the order in which they are written."""
    names = dict.fromkeys(
        name for base in contract.__mro__ for name in vars(base) if name.startswith("test_")
    )
    return [name for name in names if callable(getattr(contract, name))]


def _outcome(contract: type, name: str) -> Outcome:
    method = getattr(contract(), name)
    if inspect.signature(method).parameters:
        return Outcome(name, "skipped", "takes fixtures of pytest")
    try:
        method()
    except SkipTest as skip:
        return Outcome(name, "skipped", str(skip))
    except AssertionError as error:
        return Outcome(name, "failed", one_line(str(error) or "an assertion without a message"))
    except Exception as error:
        return Outcome(name, "failed", one_line(f"raised {type(error).__name__}: {error}"))
    return Outcome(name, "passed")
