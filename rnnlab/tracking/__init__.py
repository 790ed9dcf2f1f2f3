"""Metrics in the run folder and in MLflow: the only importer of mlflow.

Importing this package imports neither mlflow nor Lightning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnnlab.tracking.dashboard import run_dashboard
from rnnlab.tracking.link import Link, read_link
from rnnlab.tracking.points import Point, read_points
from rnnlab.tracking.schema import check_store
from rnnlab.tracking.settle import is_settled, settle
from rnnlab.tracking.store import environment, ui_command
from rnnlab.tracking.uri import redacted, tracking_uri

if TYPE_CHECKING:
    from rnnlab.tracking.logger import RunLogger

__all__ = [
    "Link",
    "Point",
    "RunLogger",
    "check_store",
    "environment",
    "is_settled",
    "read_link",
    "read_points",
    "redacted",
    "run_dashboard",
    "settle",
    "tracking_uri",
    "ui_command",
]


def __getattr__(name: str) -> Any:
    if name == "RunLogger":
        from rnnlab.tracking.logger import RunLogger

        return RunLogger
    raise AttributeError(name)
