"""Who is measured, each under the name that the table shows."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rnnlab.bench.size import Size

_NO_NORMS = "diagnostics.gradient_norms=false"
_LOGS_EVERY_STEP = "trainer.log_every_n_steps=1"

Train = Callable[[Size, Callable[[], None], Path], None]


@dataclass(frozen=True)
class Contender:
    """One way to train the same model on the same data.

    Args:
        what: In a few words.
        train: Trains until the clock ends the process; imports what it needs.
        needs: Packages beyond those of rnnlab.
    """

    what: str
    train: Train
    needs: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """Which packages it lacks here."""
        return [name for name in self.needs if importlib.util.find_spec(name) is None]


def _by_hand(size: Size, mark: Callable[[], None], folder: Path) -> None:
    from rnnlab.bench.step.by_hand import train

    train(size, mark)


def _by_hand_on_one_thread(size: Size, mark: Callable[[], None], folder: Path) -> None:
    import torch

    torch.set_num_threads(1)
    _by_hand(size, mark, folder)


def _lightning(size: Size, mark: Callable[[], None], folder: Path) -> None:
    from rnnlab.bench.step.plain_lightning import train

    train(size, mark, folder)


def _keras(size: Size, mark: Callable[[], None], folder: Path) -> None:
    from rnnlab.bench.step.keras_on_jax import train

    train(size, mark)


def _rnnlab(*changes: str) -> Train:
    def run(size: Size, mark: Callable[[], None], folder: Path) -> None:
        from rnnlab.bench.step.of_rnnlab import train

        train(size, mark, folder, changes)

    return run


CONTENDERS = {
    "by hand": Contender("PyTorch: DataLoader, Adam, clipping", _by_hand),
    "by hand, 1 thread": Contender("the same on one thread", _by_hand_on_one_thread),
    "Lightning": Contender("its defaults, one self.log", _lightning),
    "Keras on JAX": Contender("model.fit, compiled by XLA", _keras, ("jax", "keras")),
    "rnnlab": Contender("rnnlab train, all defaults", _rnnlab()),
    "rnnlab, no norms": Contender("the same without norms of gradients", _rnnlab(_NO_NORMS)),
    "rnnlab, logs every step": Contender(
        "with norms, every point of every step in MLflow", _rnnlab(_LOGS_EVERY_STEP)
    ),
    "rnnlab, no norms, logs every step": Contender(
        "the same without norms of gradients", _rnnlab(_LOGS_EVERY_STEP, _NO_NORMS)
    ),
}
"""By name; ratios are over the first."""
