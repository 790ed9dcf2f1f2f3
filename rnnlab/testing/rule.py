"""What a rule of a contract is: a method that names the more basic rules it builds on."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ClassVar, NoReturn, TypeVar
from unittest import SkipTest

import torch

_TORCH = Path(torch.__file__).parent
Method = TypeVar("Method", bound=Callable[..., None])


class Blocked(SkipTest):
    """A rule cannot be judged before another one holds.

    Args:
        cause: The name of that rule.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(f"needs {cause}, which failed: mend that first")
        self.cause = cause


class Contract:
    """A suite of rules. Each is judged once in a process, however many others build on it."""

    _judged: ClassVar[dict[str, BaseException | None]] = {}

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        cls._judged = {}

    @classmethod
    def forget(cls) -> None:
        """Judge every rule anew when it is asked for next."""
        cls._judged.clear()


def rule(*needs: str) -> Callable[[Method], Method]:
    """Make a method a rule.

    One mistake of an author's should fail one rule: where a more basic rule fails, those that
    build on it are skipped. Rules draw from torch's generators and leave them as they were.

    Args:
        needs: Names of the rules without which this one cannot be judged.
    """

    def decorate(method: Method) -> Method:
        name = method.__name__

        @wraps(method)
        def judged(self: Contract) -> None:
            __tracebackhide__ = True  # pytest then shows the rule alone
            known = type(self)._judged
            if name not in known:
                try:
                    _judge(self, method, needs)
                except (AssertionError, SkipTest) as error:
                    known[name] = error
                    raise
                known[name] = None
            judgement = known[name]
            if judgement is not None:
                raise judgement.with_traceback(None)

        return judged  # type: ignore[return-value]

    return decorate


def seed_torch(seed: int) -> None:
    """Seed torch on the CPU alone, where contracts run: generators elsewhere are the user's."""
    torch.default_generator.manual_seed(seed)


def _judge(contract: Contract, method: Callable[..., None], needs: tuple[str, ...]) -> None:
    __tracebackhide__ = True
    for need in needs:
        basic = getattr(contract, need, None)
        if basic is None:  # an author left that rule out
            continue
        try:
            basic()
        except Blocked:
            raise
        except SkipTest:
            continue
        except AssertionError:
            raise Blocked(need) from None
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        seed_torch(0)
        try:
            method(contract)
        except (AssertionError, SkipTest):
            raise
        except Exception as error:
            _explain(error, method)


def _explain(error: Exception, method: Callable[..., None]) -> NoReturn:
    """Turn an error of the author's code into a failure that says where it is and what holds."""
    __tracebackhide__ = True
    frames = traceback.extract_tb(error.__traceback__)
    # What torch did inside does not help; the line that called it does.
    own = [frame for frame in frames if _TORCH not in Path(frame.filename).parents]
    last = own[-1]
    place = f"{Path(last.filename).name}:{last.lineno}, in {last.name}"
    demand = " ".join((method.__doc__ or method.__name__).split())
    raise AssertionError(f"{type(error).__name__}: {error} ({place}). {demand}") from error
