"""What fits at the cursor, without importing torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rnnlab.bench.command import bench
from rnnlab.compare.command import FORMATS
from rnnlab.config.allow_list import allow_list
from rnnlab.config.keys import chosen_by, defaults, keys, top_level
from rnnlab.config.options import groups, options, plural, qualified_options
from rnnlab.errors import ConfigError
from rnnlab.plugins import discovery
from rnnlab.plugins.allowed import allowing
from rnnlab.plugins.scaffold import KINDS
from rnnlab.runs.places import default_output_dir


def candidates(line: str, verbs: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the words that could stand at the end of a command line, sorted.

    Args:
        line: The command line up to the cursor, beginning with the program's name.
        verbs: The verbs and the options of each.
    """
    words = line.split()
    if not line or line[-1].isspace():
        words.append("")
    current = words[-1]
    if len(words) <= 2:
        found: Sequence[str] = [*verbs, "--help"]
    elif current.startswith("-"):
        found = verbs.get(words[1], ())
    else:
        with allowing(_allowed()):
            found = _arguments(words[1], words[2:-1], current)
    return sorted({word for word in found if word.startswith(current)})


def _arguments(verb: str, before: list[str], current: str) -> list[str]:
    if verb == "train":
        return overrides(before, current)
    if verb == "show":
        group = current.partition("/")[0]
        typed = current.partition("/")[2]
        names = [f"{group}/{name}" for name in _options(group, typed)] if group in groups() else []
        return names or [f"{name}/" for name in groups()]
    if verb == "list":
        return [plural(group) for group in groups()]
    if verb == "plugin":
        return _plugin(before)
    if verb == "bench":
        return _bench(before, current)
    if verb == "compare":
        return _compare(before)
    if verb == "completion":
        return ["bash", "fish", "zsh"]
    if verb in ("resume", "evaluate", "predict", "generate") and not before:
        return ["last", *map(str, default_output_dir().glob("*/*/"))]
    if verb == "evaluate":
        return [word for word in overrides(before, current) if word.startswith("dataset.")]
    return []


def _plugin(before: Sequence[str]) -> list[str]:
    if not before:
        return ["check", "new"]
    if before[-1] == "--kind":
        return list(KINDS)
    if before != ["check"]:
        return []
    known = [item for kind in KINDS for item in discovery.components(kind)]
    return [
        *{item.distribution for item in known},
        *(f"{item.group}/{item.name}" for item in known),
    ]


def _bench(before: Sequence[str], current: str) -> list[str]:
    if not before:
        return [command.name for command in bench.registered_commands if command.name]
    return _options("cell", current) if before[-1] == "--cell" else []


def _compare(before: Sequence[str]) -> list[str]:
    known = {"--format": FORMATS, "--better": ("lower", "higher")}
    if before and before[-1] in known:
        return list(known[before[-1]])
    return [str(folder) for folder in default_output_dir().glob("*/")]


def overrides(before: Sequence[str], current: str) -> list[str]:
    """Return the overrides that could come next.

    Args:
        before: The overrides already there; they decide which keys a group has.
        current: The beginning of the one wanted.
    """
    name, equals, typed = current.partition("=")
    section, dot, key = name.partition(".")
    known = groups()
    if equals and name in known:
        return [f"{name}={option}" for option in _options(name, typed)]
    if dot or equals:
        below = _keys(section, before) if dot else top_level()
        prefix = f"{section}." if dot else ""
        if equals:
            return [f"{name}={value}" for value in below.get(key if dot else name, ())]
        return [f"{prefix}{key}=" for key in below]
    whole = {group for group in known if group != "experiment"}
    return [
        *(f"{group}=" for group in known),
        *(f"{group}." for group in whole),
        *(f"{key}=" for key in top_level()),
    ]


def _options(group: str, typed: str) -> list[str]:
    """Return the options of a group; by their qualified names where no other begins as typed."""
    short = options(group)
    if any(option.startswith(typed) for option in short):
        return short
    return qualified_options(group)


def _allowed() -> list[str] | None:
    try:
        return allow_list()
    except ConfigError:
        return None  # told by whoever composes it


def _keys(group: str, before: Sequence[str]) -> dict[str, list[str]]:
    chosen = dict(word.split("=", 1) for word in before if "=" in word)
    experiment = chosen_by(chosen["experiment"]) if "experiment" in chosen else {}
    option = chosen.get(group) or experiment.get(group) or defaults().get(group, "")
    return keys(group, option)
