"""Which run another one was made from: ``origin.json``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rnnlab.runs.finding import mlflow_run_id
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.json_files import read_json, write_json

Kind = Literal["further", "reproduction"]
_ORIGIN = {"kind": str, "run": str, "mlflow_run_id": str | None}


@dataclass(frozen=True)
class Origin:
    """What a run is to an earlier one.

    Args:
        kind: ``further`` trains on from where the earlier one ended; ``reproduction`` does the
            same again.
        parent: The earlier run.
    """

    kind: Kind
    parent: RunFolder

    def write(self, child: RunFolder) -> None:
        """Note it in the later run's folder."""
        content = {
            "kind": self.kind,
            "run": str(self.parent.path),
            "mlflow_run_id": mlflow_run_id(self.parent),
        }
        write_json(child.origin, content)


def origin_tags(folder: RunFolder) -> dict[str, str]:
    """Return the MLflow tags that say what a run was made from; {} for one that stands alone."""
    if not folder.origin.exists():
        return {}
    content = read_json(folder.origin, _ORIGIN)
    tags = {f"rnnlab.{content['kind']}_of": str(content["run"])}
    if content["mlflow_run_id"] is not None:
        # The dashboard shows the run below its parent.
        tags["mlflow.parentRunId"] = str(content["mlflow_run_id"])
    return tags
