"""What the config says about jobs, as options of sbatch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_PASSED_ON = ("partition", "account", "qos", "constraint")
_TO_WRITE = 30.0  # seconds that a job has for the end of the run after its grace


def sbatch_parameters(
    options: Mapping[str, Any], *, name: str, gpus: int, grace: float
) -> dict[str, Any]:
    """Return options of sbatch by their long names.

    Args:
        options: What the config says under ``executor``; its own ``options`` win.
        name: Of the jobs.
        gpus: How many a job asks for; 0 for none.
        grace: Seconds that a run may take to write its snapshot.
    """
    notice = math.ceil(grace + _TO_WRITE)
    found: dict[str, Any] = {
        "job-name": name,
        "time": options["minutes"],
        "cpus-per-task": options["cpus"],
        "signal": f"USR1@{notice}",
        "requeue": True,
    }
    found.update({key: options[key] for key in _PASSED_ON if options[key] is not None})
    if options["memory"] is not None:
        found["mem"] = f"{math.ceil(options['memory'] * 1024)}M"
    if gpus:
        found["gpus-per-node"] = gpus
    own = {key.replace("_", "-"): value for key, value in (options["options"] or {}).items()}
    found.update(own)
    return {key: value for key, value in found.items() if value is not None and value is not False}
