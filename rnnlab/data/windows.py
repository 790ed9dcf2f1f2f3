"""Forecasting examples: the last ``window`` steps of a series, and the ``horizon`` after them."""

from __future__ import annotations

from torch import Tensor

from rnnlab.data.dataset import Part
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.errors import ConfigError


def split_by_time(
    steps: int, val_fraction: float, test_fraction: float
) -> dict[Part, tuple[int, int]]:
    """Cut a series into a beginning, a middle and an end: train, val and test.

    Args:
        steps: N, the length of the series.
        val_fraction: The share of val.
        test_fraction: The share of test.

    Returns:
        The first step of each part and the step after its last one.

    Raises:
        ConfigError: Nothing is left to train on.
    """
    test = round(steps * test_fraction)
    val = round(steps * val_fraction)
    train = steps - val - test
    if train < 1:
        raise ConfigError(
            f"the parts val ({val}) and test ({test}) leave nothing of {steps} steps to train on",
            key="dataset.test_fraction",
            value=test_fraction,
        )
    return {"train": (0, train), "val": (train, train + val), "test": (train + val, steps)}


def forecast_split(
    values: Tensor, targets: Tensor, *, window: int, horizon: int, first: int, last: int
) -> TensorSplit:
    """Return every example whose targets all lie in one part.

    Inputs may look back into the part before, as a forecaster may; targets never leave their part.

    Args:
        values: ``(N, F)``, what is looked at.
        targets: ``(N, D)``, what is to be foretold, at the same times.
        window: T, steps of the input.
        horizon: L, steps of the target.
        first: First step of the part.
        last: The step after its last one.

    Returns:
        Input ``(M, T, F)``; target ``(M, D)`` when ``horizon`` is 1, else ``(M, L, D)``.

    Raises:
        ConfigError: The part is too short for a single example.
    """
    begin, end = max(first, window), last - horizon + 1  # the first target of an example
    if end <= begin:
        raise ConfigError(
            f"steps {first} to {last} of the series are too few for a window of {window} steps "
            f"and a horizon of {horizon}",
            key="dataset.window",
            value=window,
        )
    inputs = values[begin - window : end - 1].unfold(0, window, 1).transpose(1, 2)
    ahead = targets[begin : end + horizon - 1].unfold(0, horizon, 1).transpose(1, 2)
    return TensorSplit(inputs.contiguous(), (ahead[:, 0] if horizon == 1 else ahead).contiguous())


def forecast_spec(
    input_scaler: Scaler, target_scaler: Scaler, *, horizon: int, input_name: str, target_name: str
) -> DataSpec:
    """Return the spec of what :func:`forecast_split` gives.

    Args:
        input_scaler: How the F features of the input were scaled.
        target_scaler: How the D features of the target were scaled.
        horizon: L; with more than one step the target is a sequence.
        input_name: What the input is called in files.
        target_name: What the target is called in files.
    """
    sequence = horizon > 1
    return DataSpec(
        input=Field(
            "reals", len(input_scaler.mean), sequence=True, scaler=input_scaler, name=input_name
        ),
        target=Field(
            "reals",
            len(target_scaler.mean),
            sequence=sequence,
            scaler=target_scaler,
            name=target_name,
            max_length=horizon if sequence else None,
        ),
    )
