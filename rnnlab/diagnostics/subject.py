"""What is looked into: the network of a run at its checkpoints, or one that was never trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from rnnlab.diagnostics.options import Moments
from rnnlab.errors import ConfigError
from rnnlab.probing.look import Look, read_looks
from rnnlab.runs.assemble import Assembly, assemble
from rnnlab.runs.changed_plugins import warn_of_changed_plugins
from rnnlab.runs.finding import find
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.restore import newest_snapshot, read_config
from rnnlab.runs.train import configured
from rnnlab.training.checkpoint_reading import check_fits
from rnnlab.training.checkpoints import BEST, INIT, position_of, read_weights

UNTRAINED = "untrained"
_MODEL = "model."


@dataclass(frozen=True, eq=False)
class Moment:
    """The weights that a network had at some moment.

    Args:
        name: ``untrained``, ``best``, or ``last (epoch 12)``.
        weights: By name; None for those that the network was made with.
    """

    name: str
    weights: dict[str, Tensor] | None


@dataclass(frozen=True, eq=False)
class Subject:
    """A network and its data.

    Args:
        title: What it is called.
        assembly: Its parts; the model has the weights that it was made with.
        moments: What is looked at, in the order of time; at least one.
        looks: What was seen while it was trained.
        folder: The run, if it is one.
    """

    title: str
    assembly: Assembly
    moments: tuple[Moment, ...]
    looks: tuple[Look, ...] = ()
    folder: RunFolder | None = None


def subject_of_config(overrides: list[str]) -> Subject:
    """Return the untrained network that overrides describe.

    Raises:
        ConfigError: The config is wrong.
    """
    config = configured(overrides)
    assembly = assemble(config)
    choices = config.choices
    title = f"{choices.cell} on {choices.dataset}, untrained"
    return Subject(title, assembly, (Moment(UNTRAINED, None),))


def subject_of_run(run: str, output_dir: Path, which: Moments) -> Subject:
    """Return the network of a run at its checkpoints.

    The one that was never trained is made again from the seed, or has what the run began from.

    Args:
        run: A folder, an MLflow run id, the beginning of a name, or ``last``.
        output_dir: Where runs are looked for.
        which: Which moments: ``untrained``, ``best``, ``last`` or ``all``.

    Raises:
        ConfigError: There is no such run, or it has no such checkpoint.
        StorageError: A file of it cannot be read.
    """
    folder = find(run, output_dir)
    warn_of_changed_plugins(folder)
    assembly = assemble(read_config(folder))
    moments = [each for each in _moments(folder, assembly) if _wanted(each, which)]
    if not moments:
        why = "the run has no such checkpoint"
        raise ConfigError(why, key="--checkpoint", value=which, valid=(UNTRAINED,))
    title = f"{folder.path.parent.name}/{folder.path.name}"
    return Subject(title, assembly, tuple(moments), tuple(read_looks(folder.looks)), folder)


def _wanted(moment: Moment, which: Moments) -> bool:
    return which == "all" or which in moment.name.replace(",", " ").split()


def _moments(folder: RunFolder, assembly: Assembly) -> Iterator[Moment]:
    expected = assembly.model.state_dict()
    first = dict(expected)
    initial = folder.checkpoint(INIT)
    if initial.exists():
        first |= {name: w for name, w in read_weights(initial).items() if name in first}
    yield Moment(UNTRAINED, first)
    best = _weights_of(folder.checkpoint(BEST), expected)
    snapshot = newest_snapshot(folder)
    last: dict[str, Tensor] | None = None
    epoch = 0
    if snapshot is not None:
        path, content = snapshot
        last = {
            name.removeprefix(_MODEL): weight
            for name, weight in content["state_dict"].items()
            if name.startswith(_MODEL)
        }
        check_fits(expected, last, path)
        epoch = position_of(content).epoch
    if best is not None and last is not None and _equal(best, last):
        yield Moment(f"best, last (epoch {epoch})", last)
        return
    if best is not None:
        yield Moment("best", best)
    if last is not None:
        yield Moment(f"last (epoch {epoch})", last)


def _weights_of(path: Path, expected: dict[str, Tensor]) -> dict[str, Tensor] | None:
    if not path.exists():
        return None
    weights = read_weights(path)
    check_fits(expected, weights, path)
    return weights


def _equal(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return all(torch.equal(weight, b[name]) for name, weight in a.items())
