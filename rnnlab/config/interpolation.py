"""How large a config becomes when its interpolations are resolved, found without resolving them.

``a: ${b}${b}``, ``b: ${c}${c}``, … doubles with every line, and nothing of OmegaConf's stops it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from omegaconf import DictConfig, ListConfig

from rnnlab.errors import ConfigError

MOST_SIGNS = 1_000_000

_REFERENCE = re.compile(r"\$\{\s*(?:oc\.[\w.]+\s*:\s*['\"]?)?([^:{}$,'\"]+?)\s*['\"]?\s*[,}]")
# After an odd number of backslashes it is a text.
_OPENS = r"(?<!\\)(?:\\\\)*\$\{"
_BUILT = re.compile(rf"{_OPENS}(?!\s*oc\.(?:env|decode|create)\s*:)[^{{}}]*\$\{{")

Path = tuple[str, ...]


def check_expansion(cfg: DictConfig) -> None:
    """Check that the interpolations of a config make of it nothing that memory does not hold.

    Raises:
        ConfigError: They do, or the key that one names is itself made of interpolations, so that
            nobody can tell; the message names the key.
    """
    sizes = _Sizes(dict(_texts(cfg, ())))
    for path, text in sizes.texts.items():
        key = ".".join(path)
        if _BUILT.search(text):
            why = "the name of a key in an interpolation may not be an interpolation itself"
            raise ConfigError(why, key=key)
        try:
            size = sizes.of(path)
        except RecursionError as error:
            raise ConfigError("refers to others through too many others", key=key) from error
        if size > MOST_SIGNS:
            raise ConfigError("repeats others until it is larger than any config", key=key)


class _Sizes:
    """Length of everything at or below each path, references followed.

    Args:
        texts: Every leaf as it is written.
    """

    def __init__(self, texts: dict[Path, str]) -> None:
        self.texts = texts
        self._below: dict[Path, list[Path]] = {}
        for path in texts:
            for length in range(len(path) + 1):
                self._below.setdefault(path[:length], []).append(path)
        self._known: dict[Path, int] = {}

    def of(self, path: Path, above: tuple[Path, ...] = ()) -> int:
        """Return the size at a path; a circle counts nothing, whoever resolves it will say so."""
        while path and path not in self._below:
            path = path[:-1]  # inside of what another interpolation stands for
        if path in self._known or path in above:
            return self._known.get(path, 0)
        total = 0
        for leaf in self._below.get(path, ()):
            total += len(self.texts[leaf])
            for match in _REFERENCE.finditer(self.texts[leaf]):
                total += self.of(_absolute(match[1], leaf), (*above, path))
                if total > MOST_SIGNS:
                    break
        self._known[path] = total
        return total


def _absolute(reference: str, place: Path) -> Path:
    """Return the path that a reference means: each dot in front after the first is a level up."""
    dots = len(reference) - len(reference.lstrip("."))
    named = tuple(part for part in re.split(r"[.\[\]]+", reference.lstrip(".")) if part)
    return (*place[: max(len(place) - dots, 0)], *named) if dots else named


def _texts(node: DictConfig | ListConfig, path: Path) -> Iterator[tuple[Path, str]]:
    """Give every leaf as it is written, with its path."""
    keys = range(len(node)) if isinstance(node, ListConfig) else list(node)
    for key in keys:
        child = node._get_node(key)
        here = (*path, str(key))
        readable = isinstance(child, DictConfig | ListConfig) and not (
            child._is_none() or child._is_missing() or child._is_interpolation()
        )
        if readable:
            yield from _texts(child, here)  # type: ignore[arg-type]
        else:
            yield here, str(child._value())  # type: ignore[union-attr]
