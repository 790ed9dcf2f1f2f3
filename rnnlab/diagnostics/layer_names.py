"""What layers are called where people read of them."""

from __future__ import annotations

import re

from rnnlab.compare.flat import short

_LAYER = re.compile(
    r"(?:(?P<part>encoder|decoder)\.)?(?:backbone\.)?recurrent\.layers\.(?P<number>\d+)"
    r"(?:\.(?P<direction>forwards|backwards))?(?P<again> \(\d+\))?"
)


def layer_name(path: str) -> str:
    """Return ``encoder layer 1, backwards`` for a module path; another path as it is.

    Layers are counted from 1, from the bottom up.
    """
    found = _LAYER.fullmatch(path)
    if found is None:
        return short(path, 60)
    part = f"{found['part']} " if found["part"] else ""
    direction = f", {found['direction']}" if found["direction"] else ""
    return f"{part}layer {int(found['number']) + 1}{direction}{found['again'] or ''}"
