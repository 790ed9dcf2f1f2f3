"""The errors that rnnlab raises on purpose, and the exit code of each.

Code below the command line raises these with a short message. The command line prints one line,
``rnnlab: error: KEY=VALUE: why; valid: …``, and exits with the code of the class. Anything else
that reaches the command line is a fault of rnnlab's own and is shown with its traceback.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any, ClassVar

_LONGEST_VALUE, _LONGEST_LINE = 200, 2000
_NO_MEMORY = re.compile(
    r"can't allocate memory|out of memory|not enough memory|Storage size calculation overflowed"
    r"|numel: integer multiplication overflow|std::bad_alloc|Unable to allocate"
)


class RnnlabError(Exception):
    """A failure that is explained by its message alone."""

    exit_code: ClassVar[int] = 1


class RunFailed(RnnlabError):
    """A run began and did not finish: exit code 1."""


class NonFinite(RunFailed):
    """A loss or a gradient became NaN or infinite: exit code 1."""


class ConfigError(RnnlabError):
    """A wrong config, value, name or usage: exit code 2.

    Args:
        why: What is wrong, in a few words.
        key: The dotted config key or option at fault, if there is one.
        value: The value at fault; shown as ``KEY=VALUE``.
        valid: What would have been accepted.
        near: The accepted name nearest to the one given.
    """

    exit_code: ClassVar[int] = 2

    def __init__(
        self,
        why: str,
        *,
        key: str | None = None,
        value: object = None,
        valid: Iterable[object] = (),
        near: str | None = None,
    ) -> None:
        self.why, self.key, self.value = why, key, value
        self.valid, self.near = tuple(str(item) for item in valid), near
        super().__init__(self._line())

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls the class with the message alone, which subclasses do not take;
        # errors of worker processes arrive pickled.
        return _restore, (type(self), self.args, self.__dict__)

    def _line(self) -> str:
        subject = ""
        if self.key is not None:
            value = "" if self.value is None else f"={_shortened(str(self.value), _LONGEST_VALUE)}"
            subject = f"{_shortened(self.key, _LONGEST_VALUE)}{value}: "
        line = f"{subject}{self.why}"
        if self.near is not None:
            line += f"; did you mean {self.near}?"
        if self.valid:
            line += f"; valid: {', '.join(self.valid)}"
        return one_line(line)


def _restore(
    kind: type[ConfigError], args: tuple[Any, ...], attributes: dict[str, Any]
) -> ConfigError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(attributes)
    return error


class DataError(ConfigError):
    """A file or table of the user's that cannot be read as data: exit code 2."""


class MissingPackage(ConfigError):
    """A component needs a package that is not installed: exit code 2."""

    def __init__(self, package: str, extra: str, *, wanted_by: str) -> None:
        super().__init__(
            f"needs the package {package!r}; install it with: pip install 'rnnlab[{extra}]'",
            key=wanted_by,
        )


class ConfigErrors(ConfigError):
    """Several config mistakes, reported together, one line each: exit code 2."""

    def __init__(self, errors: Sequence[ConfigError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in errors))

    def _line(self) -> str:
        return self.why


class Pruned(RnnlabError):
    """A search has given a run up: an end like any other, exit code 0."""

    exit_code: ClassVar[int] = 0


class Refused(RnnlabError):
    """Something that would run code it should not: exit code 3."""

    exit_code: ClassVar[int] = 3


class StorageError(RnnlabError):
    """A folder, disk or tracking server that cannot be used: exit code 4."""

    exit_code: ClassVar[int] = 4


def together(mistakes: Sequence[ConfigError]) -> ConfigError | None:
    """Return one error for all mistakes, each line once; None where there are none."""
    different = list({str(mistake): mistake for mistake in mistakes}.values())
    if len(different) > 1:
        return ConfigErrors(different)
    return different[0] if different else None


def lines(error: BaseException) -> list[str]:
    """Return what an error says, a line for each mistake and nothing that a terminal obeys."""
    if isinstance(error, ConfigErrors):
        return [str(each) for each in error.errors]
    return [one_line(str(error))]


def one_line(text: str) -> str:
    """Return a text as one line of moderate length, for a message.

    Line ends, control characters and marks that reverse the direction of writing are shown as
    escapes: what a message quotes may be a stranger's, and a terminal would obey it.
    """
    shown = "".join(_escaped(sign) if _obeyed(sign) else sign for sign in text[:_LONGEST_LINE])
    return _shortened(shown, _LONGEST_LINE) if len(text) <= _LONGEST_LINE else f"{shown}…"


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _obeyed(sign: str) -> bool:
    if sign.isascii():
        return not sign.isprintable()
    # Cf has joiners, too, that many scripts need; of these only the marks of direction matter.
    return unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") or sign in _DIRECTIONS


_DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory, the machine's or a device's, does not suffice."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and _NO_MEMORY.search(str(error)) is not None


@contextmanager
def enough_memory(purpose: str) -> Iterator[None]:
    """Turn what is raised where memory does not suffice into one line.

    Args:
        purpose: What the memory is for, such as ``the model``.

    Raises:
        RunFailed: There is not enough.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        asked = re.search(r"tried to allocate (\d+) bytes", str(error))
        size = f": {int(asked[1]) / 1e9:,.1f} GB were asked for at once" if asked else ""
        raise RunFailed(f"there is not enough memory for {purpose}{size}") from error


def nearest(name: str, choices: Iterable[str]) -> str | None:
    """Return the choice most like ``name``, or None when none is close."""
    matches = get_close_matches(name, list(choices), n=1, cutoff=0.6)
    return matches[0] if matches else None


def check_choice(key: str, value: str, valid: Iterable[str]) -> None:
    """Check that an argument is one of the names it may have.

    Raises:
        ConfigError: It is not.
    """
    names = tuple(valid)
    if value not in names:
        near = nearest(value, names) if isinstance(value, str) else None
        raise ConfigError("unknown", key=key, value=value, valid=names, near=near)


class Interrupted(BaseException):
    """SIGINT or SIGTERM arrived: exit code 130 or 143.

    Not an :class:`Exception`, so that no ``except Exception`` on the way up swallows it.

    Args:
        signal_number: Which signal.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"interrupted by signal {signal_number}")
        self.exit_code = 128 + signal_number


class Preempted(Interrupted):
    """The machine is needed for something else; resume the run later: exit code 75."""

    def __init__(self) -> None:
        BaseException.__init__(self, "pre-empted; go on with: rnnlab resume")
        self.exit_code = 75
