from __future__ import annotations

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST

from rnnlab.tracking.opening import open_run
from rnnlab.tracking.points import Point
from rnnlab.tracking.refusal import Refusal, is_refusal


def test_what_is_a_refusal(uri: str) -> None:
    run = open_run(uri, "e", "r")
    with pytest.raises(Exception, match="alphanumerics") as caught:
        run.log_points([Point("a*b", 1.0, 0, None, 0)])
    assert is_refusal(caught.value)
    assert is_refusal(Refusal("as another process was told"))
    assert is_refusal(FileNotFoundError("no such artifact"))


def test_what_may_work_the_next_time() -> None:
    assert not is_refusal(ConnectionError())
    assert not is_refusal(MlflowException("no such run", RESOURCE_DOES_NOT_EXIST))
