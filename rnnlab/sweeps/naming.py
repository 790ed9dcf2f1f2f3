"""The name of a sweep that nobody has named: the same for the same question.

It is made of the experiment, of what is swept and of what is fixed, and not of the values or seeds
that are tried: who adds some goes on with the sweep that is there. A search is another one as soon
as it may choose other values, and the same one whatever the number of its trials.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence

from rnnlab.runs.fingerprint import counts
from rnnlab.sweeps.combinations import is_swept, parsed
from rnnlab.sweeps.replicates import SEED

_LONGEST = 60
_DIGITS = 8


def sweep_name(
    overrides: Sequence[str],
    experiment: str | None,
    option: str | None,
    question: Sequence[str] = (),
) -> str:
    """Return a name for a sweep that can be a folder's.

    Args:
        overrides: What makes its runs; the order does not matter.
        experiment: The ``experiment_name`` of its runs; None where they have several.
        option: The option of ``conf/sweep`` that it was made by, for the readable part.
        question: What else tells a search from others: the values that it may choose, too.
    """
    swept, fixed = [], []
    for item in overrides:
        key, _, value = item.partition("=")
        bare = _bare(key)
        if bare == SEED or not counts(bare):
            continue
        if is_swept(item):
            swept.append(key)
        else:
            fixed.append((key, _meaning(item, value)))
    asked = [experiment, sorted(swept), sorted(fixed), *question]
    content = json.dumps(asked, ensure_ascii=False)
    digits = hashlib.sha256(content.encode()).hexdigest()[:_DIGITS]
    chosen = option if option not in (None, "default") else None
    words = _words([chosen] if chosen else [_bare(key).rpartition(".")[2] for key in sorted(swept)])
    return f"{words or 'seeds'}-{digits}"


def _bare(key: str) -> str:
    return key.lstrip("+~").partition("@")[0]


def _meaning(item: str, value: str) -> str:
    """Return a value as Hydra understands it: ``1e-2`` and ``0.01`` are one."""
    found = parsed(item)
    return value if found is None else repr(found.value())


def _words(names: Iterable[str]) -> str:
    joined = "-".join(re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") for name in names)
    return joined[:_LONGEST].strip("-_")
