"""Trying every plugin's component, each in a process of its own with a limited time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict

from rnnlab.plugins.installed import Component
from rnnlab.plugins.verdicts import Verdict, remember

SECONDS = 10.0
"""What each import may take, torch's own left out."""

# The path comes first: rnnlab itself may have been found on it.
_START = (
    "import json, sys; given = json.load(sys.stdin); sys.path[:] = given['path'];"
    "from rnnlab.plugins.check_worker import serve; serve(given['components'], given['seconds'])"
)


def check(
    components: Sequence[Component], seconds: float = SECONDS
) -> dict[Component, Verdict | None]:
    """Import each component, and keep the verdicts.

    Args:
        components: What to import; each in a process group that is killed when its time is over.
        seconds: That time.

    Returns:
        The verdict on each; None where none was reached, since a plugin ended even the process that
        starts the others.
    """
    if not components:
        return {}
    given = {
        "path": sys.path,
        "components": [asdict(component) for component in components],
        "seconds": seconds,
    }
    done = subprocess.run(
        [sys.executable, "-P", "-c", _START],
        input=json.dumps(given),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    found: dict[int, Verdict] = {}
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        index = answer.pop("index")
        found[index] = Verdict(**answer)
    remember({components[index]: verdict for index, verdict in found.items()})
    return {component: found.get(index) for index, component in enumerate(components)}
