"""Names of runs: readable, unique, and sorted by time."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path

_ADJECTIVES = """
    amber bold brave bright calm clear clever cool crisp deep eager early fair fast firm fresh
    gentle glad grand green keen kind light lively lucky mellow merry mild neat noble odd pale
    plain proud quick quiet rapid ready royal sharp silent smooth soft solid steady still
    strong sunny sweet swift tall tidy warm wide wild wise young
""".split()
_NOUNS = """
    acorn anchor badger beacon birch bison breeze brook canyon cedar comet coral crane delta
    dune eagle ember falcon fern finch fjord forest fox glacier harbor hawk heron island
    jasper lake lark lynx maple marsh meadow mesa moon moose oak ocean orchid otter owl pine
    prairie quartz raven reef ridge river robin sparrow spruce stone summit thrush tiger
    valley willow wolf wren
""".split()


def make_name(now: datetime | None = None) -> str:
    """Return a name such as ``20261123-093015-brave-otter``."""
    # Not from the run's seed: two runs with one seed need two names.
    now = now or datetime.now()
    words = f"{secrets.choice(_ADJECTIVES)}-{secrets.choice(_NOUNS)}"
    return f"{now:%Y%m%d-%H%M%S}-{words}"


def child_name(parent: Path, kind: str) -> str:
    """Return a name beside a run's for one that is made from it, such as ``NAME-further``.

    Args:
        parent: The run's folder.
        kind: What the new run is to the old one.
    """
    name, number = f"{parent.name}-{kind}", 2
    while (parent.with_name(name)).exists():
        name, number = f"{parent.name}-{kind}{number}", number + 1
    return name
