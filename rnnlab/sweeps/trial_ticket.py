"""Which trial of which study a run of a sweep belongs to: ``trial.json`` in the run's folder.

Whatever executes the run, here or elsewhere, reads it and can report to the study.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from rnnlab.runs.json_files import read_json, write_json

_NAME = "trial.json"
_CONTENT = {
    "storage": str | None,
    "study": str,
    "trial": int,
    "objective": str,
    "direction": str,
}


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
    """

    storage: str | None
    study: str
    trial: int
    objective: str
    direction: str

    def write(self, run_folder: Path) -> None:
        """Write it into the folder of a run of a sweep.

        Raises:
            StorageError: The disk refused.
        """
        write_json(run_folder / _NAME, asdict(self))

    @classmethod
    def read(cls, run_folder: Path) -> TrialTicket | None:
        """Return what the folder of a run says; None where the run belongs to no trial.

        Raises:
            StorageError: The file is something else.
        """
        path = run_folder / _NAME
        return cls(**read_json(path, _CONTENT)) if path.exists() else None
