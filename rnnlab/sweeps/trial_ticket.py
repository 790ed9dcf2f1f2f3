"""Which trial of which study a run of a sweep belongs to: ``trial.json`` in the run's folder.

Whatever executes the run, here or elsewhere, reads it and can report to the study.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from rnnlab.errors import StorageError
from rnnlab.expected import mismatch
from rnnlab.runs.json_files import read_json, write_json
from rnnlab.runs.sweep_paths import TRIAL
from rnnlab.sweeps.pruner import Pruner, Rule

_CONTENT = {
    "storage": str | None,
    "study": str,
    "trial": int,
    "objective": str,
    "direction": str,
    "pruner": dict | None,
}
_PRUNER = {"rule": str, "warmup": int, "startup": int, "epochs": int}


@dataclass(frozen=True)
class TrialTicket:
    """Which trial a run belongs to.

    Args:
        storage: An Optuna storage's URL as it was written, ``${oc.env:…}`` unresolved; None for
            the journal in the sweep's folder. See :func:`rnnlab.sweeps.study_storage.open_storage`.
        study: The study's name.
        trial: The trial's number in the study.
        objective: What is searched for, such as ``val/loss``.
        direction: ``minimize`` or ``maximize``.
        pruner: By which rule it may be given up while it trains; None where it is not.
    """

    storage: str | None
    study: str
    trial: int
    objective: str
    direction: str
    pruner: Pruner | None = None

    def write(self, run_folder: Path) -> None:
        """Write it into the folder of a run of a sweep.

        Raises:
            StorageError: The disk refused.
        """
        write_json(run_folder / TRIAL, asdict(self))

    @classmethod
    def read(cls, run_folder: Path) -> TrialTicket | None:
        """Return what the folder of a run says; None where the run belongs to no trial.

        Raises:
            StorageError: The file is something else.
        """
        path = run_folder / TRIAL
        if not path.exists():
            return None
        content = read_json(path, _CONTENT)
        rule = content.pop("pruner")
        return cls(**content, pruner=None if rule is None else _pruner(rule, path))


def _pruner(content: dict[str, Any], path: Path) -> Pruner:
    why = mismatch(content, _PRUNER, "pruner")
    if why is None and content["rule"] not in get_args(Rule):
        why = f"pruner.rule is {content['rule']!r}"
    if why is not None:
        raise StorageError(f"{path}: cannot be read: {why}")
    return Pruner(**content)
