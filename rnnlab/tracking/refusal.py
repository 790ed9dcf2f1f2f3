"""What MLflow refuses for good, told from what may work when it is sent again."""

from __future__ import annotations

import sys


class Refusal(Exception):
    """MLflow found wrong what another process has sent to it; the message is MLflow's."""


def is_refusal(error: BaseException) -> bool:
    """Return whether sending the same again is futile: MLflow found the content wrong."""
    if isinstance(error, FileNotFoundError | Refusal):
        return True
    # Where mlflow was never imported none of its errors can have been raised.
    known = sys.modules.get("mlflow.exceptions")
    if known is None or not isinstance(error, known.MlflowException):
        return False
    return bool(error.error_code == "INVALID_PARAMETER_VALUE")
