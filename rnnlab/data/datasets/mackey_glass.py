"""The chaotic series of Mackey and Glass."""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from torch import Tensor

from rnnlab.data.dataset import Dataset, Part
from rnnlab.data.generation import PARTS, part_generator, splits_sha256
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import Split, TensorSplit
from rnnlab.data.windows import split_by_time
from rnnlab.errors import ConfigError, check_choice
from rnnlab.ranges import Range

_GROWTH, _DECAY = 0.2, 0.1
_SUBSTEPS = 10  # integration steps in a unit of time
_TRANSIENT = 1_000  # units of time before the first one that is kept


class MackeyGlass(Dataset):
    """Foretell a delay differential equation, chaotic for a delay of 17.

    ``dx/dt = 0.2 x(t - tau) / (1 + x(t - tau)^10) - 0.1 x(t)``, integrated by the classical
    Runge-Kutta method with a step of 0.1 (delayed values between steps by cubic Hermite
    interpolation, so that its order stays 4), from a constant past drawn between 1.1 and 1.3. The
    first 1,000 units of time are dropped, then x is kept once a unit.

    Mackey and Glass, Oscillation and chaos in physiological control systems, Science 197 (1977).

    The series is split by time; windows lie in one part with their targets. The scaler is fitted
    on the training part. The naive answer is the present value.

    Args:
        tau: The delay, in units of time.
        length: N, units of time that are kept.
        window: T, steps of a sequence.
        horizon: How many steps ahead the target is.
        target: ``every_step``: the value ``horizon`` after each step (synced_many_to_many);
            ``last``: the value ``horizon`` after the last step only (many_to_one).
        stride: Steps from the beginning of a window to that of the next.
        val_fraction: Share of the series to validate on.
        test_fraction: Share of the series, at its end, to test on.
        split_seed: Decides the constant past, and so the series.

    Raises:
        ConfigError: There is no such ``target``, or a part is shorter than window and horizon.
    """

    baselines = ("mean", "persistence")

    def __init__(
        self,
        tau: Annotated[int, Range(min=1)] = 17,
        length: Annotated[int, Range(min=1)] = 10_000,
        window: Annotated[int, Range(min=1)] = 100,
        horizon: Annotated[int, Range(min=1)] = 1,
        target: Literal["every_step", "last"] = "every_step",
        stride: Annotated[int, Range(min=1)] = 10,
        val_fraction: Annotated[float, Range(above=0, below=1)] = 0.1,
        test_fraction: Annotated[float, Range(above=0, below=1)] = 0.1,
        split_seed: int = 0,
    ) -> None:
        check_choice("dataset.target", target, ("every_step", "last"))
        self._window, self._horizon, self._synced = window, horizon, target == "every_step"
        bounds = split_by_time(length, val_fraction, test_fraction)
        shortest = min(last - first for first, last in bounds.values())
        if shortest < window + horizon:
            raise ConfigError(
                f"the shortest part has {shortest} steps, too few for a horizon of {horizon}",
                key="dataset.window",
                value=window,
            )
        generator = part_generator(split_seed, "train")
        past = 1.1 + 0.2 * torch.rand(1, generator=generator, dtype=torch.float64).item()
        every = integrate(past, tau, _TRANSIENT + length, _SUBSTEPS)
        values = torch.tensor(every, dtype=torch.float64)[_TRANSIENT * _SUBSTEPS :: _SUBSTEPS]
        values = values[:length, None]  # (N, 1)
        self._scaler = Scaler.fit(values[slice(*bounds["train"])])
        scaled = self._scaler.transform(values).float()[:, 0]
        self._splits = {part: self._cut(scaled[slice(*bounds[part])], stride) for part in PARTS}

    def _cut(self, values: Tensor, stride: int) -> TensorSplit:
        pieces = values.unfold(0, self._window + self._horizon, stride)[..., None]
        target = pieces[:, self._horizon :] if self._synced else pieces[:, -1]
        return TensorSplit(pieces[:, : self._window].contiguous(), target.contiguous())

    @property
    def spec(self) -> DataSpec:
        """One real in at each step, one real out."""
        return DataSpec(
            input=Field(
                "reals",
                1,
                sequence=True,
                scaler=self._scaler,
                name="x",
                max_length=self._window,
            ),
            target=Field(
                "reals",
                1,
                sequence=self._synced,
                scaler=self._scaler,
                name="x_ahead",
                max_length=self._window if self._synced else None,
            ),
            aligned=self._synced,
            next_step=self._synced and self._horizon == 1,
        )

    def split(self, part: Part) -> Split:
        """Return input ``(N, T, 1)`` and target ``(N, T, 1)`` or ``(N, 1)``, both scaled."""
        return self._splits[part]

    def sha256(self) -> str:
        """Return the hash of all windows."""
        return splits_sha256(self._splits)


def integrate(past: float, tau: int, units: int, substeps: int) -> list[float]:
    """Integrate the equation from a constant past.

    Args:
        past: x(t) for all t <= 0.
        tau: The delay, in units of time.
        units: For how long, in units of time.
        substeps: Steps in a unit of time.

    Returns:
        x at 0, 1, …, ``units * substeps``, in steps of ``1 / substeps``.
    """
    step, lag = 1 / substeps, tau * substeps
    x, slopes = [past], []
    for i in range(units * substeps):
        delayed = x[i - lag] if i >= lag else past
        delayed_next = x[i - lag + 1] if i + 1 >= lag else past
        now = x[i]
        k1 = _slope(now, delayed)
        slopes.append(k1)
        halfway = past
        if i >= lag:
            bend = slopes[i - lag] - slopes[i - lag + 1]
            halfway = (delayed + delayed_next) / 2 + step * bend / 8
        k2 = _slope(now + step * k1 / 2, halfway)
        k3 = _slope(now + step * k2 / 2, halfway)
        k4 = _slope(now + step * k3, delayed_next)
        x.append(now + step * (k1 + 2 * k2 + 2 * k3 + k4) / 6)
    return x


def _slope(now: float, delayed: float) -> float:
    # Products round alike on every machine, pow() does not, and chaos would show the difference.
    square = delayed * delayed
    fourth = square * square
    return _GROWTH * delayed / (1 + fourth * fourth * square) - _DECAY * now
