"""``rnnlab reproduce``: train a run again from its folder and compare, to the last bit."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from rnnlab.errors import ConfigError
from rnnlab.runs.comparison import differences
from rnnlab.runs.create import create_run
from rnnlab.runs.execute import execute
from rnnlab.runs.folder import RunFolder, Status, find, write_json
from rnnlab.runs.initial_weights import REPORT, initial_report
from rnnlab.runs.manifest import drift
from rnnlab.runs.names import child_name
from rnnlab.runs.origin import Origin
from rnnlab.runs.restore import read_config
from rnnlab.training.checkpoints import INIT, START


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
        ConfigError: There is no such run, or it has not finished.
        StorageError: A file of it that is to be compared cannot be read; nothing was trained.
    """
    first = find(run, output_dir)
    if first.read_status().get("status") != Status.FINISHED:
        why = "has not finished; only what was trained to its end can be compared"
        raise ConfigError(why, key="RUN", value=first.path.name)
    config, manifest = read_config(first), first.read_manifest()
    differences(first, first)  # what cannot be compared is found before hours are spent on it
    config.experiment_name = first.path.parent.name
    config.name = child_name(first.path, "again")
    # Sums depend on how they are split among threads.
    config.trainer.threads = manifest["threads"]

    def fill(second: RunFolder) -> None:
        second.checkpoints.mkdir()
        # What a run began with lies in its folder, whatever has become of where it came from.
        for name in (START, INIT):
            if first.checkpoint(name).exists():
                shutil.copyfile(first.checkpoint(name), second.checkpoint(name))
        if (report := initial_report(first)) is not None:
            write_json(second.path / REPORT, report)
        Origin("reproduction", first).write(second)

    second = create_run(config, first.path.parents[1], fill)
    execute(second, resume=True)
    changed = drift(manifest, second.read_manifest())
    return Reproduction(first, second, differences(first, second), changed)
