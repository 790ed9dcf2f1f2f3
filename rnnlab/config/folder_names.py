"""Which texts can name a folder: of a run, of an experiment; on any file system it may move to."""

from __future__ import annotations

import re
import unicodedata

MOST_BYTES = 255
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_SIGNS = '/\\<>:"|?*'


def refused_name(name: str | None) -> str | None:
    """Return why a text cannot name a folder, or None where it can or is None.

    Letters of any language can be in it. What cannot: what a file system or a shell takes for
    something else, and what looks like another name.
    """
    if name is None:
        return None
    if not name:
        return "cannot be a folder name: it is empty"
    if name == "last":
        return "cannot be a folder name: it means the last run"
    if name[0] in ".-~" or name != name.strip() or name[-1] == ".":
        return "cannot be a folder name: it begins with . - ~ or a space, or ends with . or a space"
    for sign in name:
        if sign in _SIGNS:
            return f"cannot be a folder name: it has {sign} in it"
        if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
            return f"cannot be a folder name: it has the invisible sign U+{ord(sign):04X} in it"
    if _RESERVED.fullmatch(name):
        return "cannot be a folder name: Windows has a device of this name"
    if (size := len(name.encode())) > MOST_BYTES:
        return f"cannot be a folder name: it has {size} bytes, and {MOST_BYTES} are the most"
    return None
