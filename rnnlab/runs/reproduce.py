"""``rnnlab reproduce``: train a run again from its folder and compare, to the last bit."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from rnnlab.config.validate import validate
from rnnlab.errors import ConfigError
from rnnlab.runs.changed_plugins import refuse_changed_plugins
from rnnlab.runs.comparison import differences
from rnnlab.runs.create import create_run
from rnnlab.runs.execute import execute
from rnnlab.runs.finding import find
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.initial_weights import copy_initial_weights
from rnnlab.runs.json_files import read_json
from rnnlab.runs.manifest import drift
from rnnlab.runs.names import child_name
from rnnlab.runs.origin import Origin
from rnnlab.runs.restore import read_config
from rnnlab.runs.sweep_paths import refuse_swept
from rnnlab.runs.train import prepare
from rnnlab.training.checkpoint_reading import read
from rnnlab.training.checkpoints import BEST, START, position_of


@dataclass(frozen=True)
class Reproduction:
    """How a run came out the second time.

    Args:
        first: The run.
        second: The run that repeated it.
        differences: What is not equal to the last bit; empty when all is.
        drift: What is not as it was: packages, plugins, data, code, kind of device.
    """

    first: RunFolder
    second: RunFolder
    differences: list[str]
    drift: list[str]


def reproduce(run: str, output_dir: Path) -> Reproduction:
    """Train a finished run again, in a folder of its own, and compare the two.

    Args:
        run: A folder, an MLflow run id, an unambiguous prefix, or ``last``.
        output_dir: Where runs are looked for.

    Raises:
        ConfigError: There is no such run, it has not finished, or it cannot be trained here: its
            data is gone.
        StorageError: Its manifest, result or checkpoint cannot be read.
    """
    first = find(run, output_dir)
    refuse_swept(first.path)
    if first.read_status().get("status") != Status.FINISHED:
        why = "has not finished; only what was trained to its end can be compared"
        raise ConfigError(why, key="RUN", value=first.path.name)
    refuse_changed_plugins(first, allowed=True)
    config, manifest = read_config(first), first.read_manifest()
    # What cannot be compared with itself cannot be compared with what takes hours to train.
    differences(first, first)
    outputs = first.path.parents[1]
    config.output_dir, config.experiment_name = str(outputs), first.path.parent.name
    config.name = child_name(first.path, "again")
    # Sums depend on how they are split among threads.
    config.trainer.threads = manifest.get("threads")
    validate(config)
    assembly = prepare(config)

    def fill(second: RunFolder) -> None:
        copy_initial_weights(first, second)
        _copy_start(first, second)
        Origin("reproduction", first).write(second)

    second = create_run(config, outputs, fill)
    execute(second, assembly, resume=True)
    changed = drift(manifest, second.read_manifest())
    return Reproduction(first, second, differences(first, second), changed)


def _copy_start(first: RunFolder, second: RunFolder) -> None:
    """Give the second run the snapshot that the first one began from, if it began from one."""
    start = first.checkpoint(START)
    if not start.exists():
        return
    second.checkpoints.mkdir(exist_ok=True)
    shutil.copyfile(start, second.checkpoint(START))
    best_epoch = read_json(first.result)["best_epoch"]
    if best_epoch is not None and best_epoch < position_of(read(start)).epoch:
        # No epoch of the first run's own was better than those before it.
        shutil.copyfile(first.checkpoint(BEST), second.checkpoint(BEST))
