"""Reading a YAML config that may be anybody's: bounded in size, in depth and in what it repeats.

An alias of YAML repeats what it stands for, and a few lines of aliases of aliases are more nodes
than memory holds. A file is therefore measured, event by event, before anything is made of it.
"""

from __future__ import annotations

from pathlib import Path

import yaml  # type: ignore[import-untyped]

from rnnlab.errors import ConfigError

MOST_BYTES = 1_000_000
MOST_NODES = 20_000
MOST_LEVELS = 30


def read_text(path: Path) -> str:
    """Return the text of a config file.

    Raises:
        ConfigError: It cannot be read, is too large, or is not UTF-8.
    """
    try:
        if not path.is_file():
            # A named pipe would be waited for, and a device never ends.
            raise ConfigError(f"{path}: is not a file")
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror or error})") from error
    if len(content) > MOST_BYTES:
        raise ConfigError(f"{path}: is no config: it has more than {MOST_BYTES:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: is not UTF-8") from error


def measure(text: str, name: str) -> None:
    """Check how much a YAML text is, its aliases followed, without making any of it.

    Args:
        text: The text.
        name: Its file, for messages.

    Raises:
        ConfigError: It is larger or deeper than any config.
        yaml.YAMLError: It is no YAML.
    """
    sizes: dict[str, int] = {}
    opened: list[tuple[str | None, int]] = []
    nodes = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                line = event.start_mark.line + 1
                raise ConfigError(f"{name}:{line}: broken YAML: *{event.anchor} is not defined yet")
            nodes += sizes[event.anchor]
        elif isinstance(event, yaml.CollectionStartEvent):
            opened.append((event.anchor, nodes))
            nodes += 1
        elif isinstance(event, yaml.ScalarEvent):
            nodes += 1
            if event.anchor is not None:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = opened.pop()
            if anchor is not None:
                sizes[anchor] = nodes - before
        if nodes > MOST_NODES:
            raise ConfigError(f"{name}: is no config: it has more than {MOST_NODES:,} values")
        if len(opened) > MOST_LEVELS:
            line = event.start_mark.line + 1
            why = f"is nested more than {MOST_LEVELS} levels deep"
            raise ConfigError(f"{name}:{line}: is no config: it {why}")
