"""``rnnlab resume RUN KEY=VALUE``: train a finished run further, as a run of its own."""

from __future__ import annotations

import logging

from omegaconf import DictConfig

from rnnlab.config.override import override
from rnnlab.config.validate import validate
from rnnlab.errors import ConfigError
from rnnlab.runs.assemble import Assembly
from rnnlab.runs.changed_plugins import refuse_changed_plugins
from rnnlab.runs.create import create_run
from rnnlab.runs.execute import execute
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.initial_weights import copy_initial_weights
from rnnlab.runs.json_files import write_json
from rnnlab.runs.names import child_name
from rnnlab.runs.origin import Origin
from rnnlab.runs.plugin_history import changes, history
from rnnlab.runs.record import manifest_of
from rnnlab.runs.restore import newest_snapshot, read_config
from rnnlab.runs.train import prepare
from rnnlab.training.checkpoint_files import write
from rnnlab.training.checkpoint_reading import read
from rnnlab.training.checkpoints import BEST, START, position_of

_log = logging.getLogger(__name__)
# Where torch's schedules hold the length that they were made for.
_ENDS = ("T_max", "total_steps", "total_iters")
_LENGTHS = ("trainer.max_epochs", "trainer.max_steps", "trainer.patience")


def train_further(
    parent: RunFolder, overrides: list[str], *, allow_changed_plugins: bool = False
) -> RunFolder:
    """Train on from where a finished run has ended; the run itself stays as it is.

    Args:
        parent: The finished run.
        overrides: New limits: ``trainer.max_epochs=40``.
        allow_changed_plugins: Go on although plugins are not what they were.

    Returns:
        The new run's folder; its metrics begin where the parent's end.

    Raises:
        ConfigError: The run has not finished, something else than its length is changed, or the
            new limits are reached already, or it cannot be trained here: its data is gone.
        Refused: A plugin that it uses has changed, or is gone.
    """
    name = parent.path.name
    if parent.read_status().get("status") != Status.FINISHED:
        why = "has not finished; resume it without changes first"
        raise ConfigError(why, key="RUN", value=name)
    for item in overrides:
        key, _, value = item.partition("=")
        if key not in _LENGTHS:
            why = "only how long a run trains can be changed; train anew with init_from for more"
            raise ConfigError(why, key=key, value=value, valid=_LENGTHS)
    refuse_changed_plugins(parent, allowed=allow_changed_plugins)
    config = override(read_config(parent), overrides)
    validate(config)
    found = newest_snapshot(parent)
    if found is None:
        raise ConfigError("has no checkpoint to go on from", key="RUN", value=name)
    position = position_of(found[1])
    for limit, done in (("max_epochs", position.epoch), ("max_steps", position.step)):
        value = config.trainer[limit]
        if value is not None and 0 <= value <= done:
            why = f"the run has trained {done} already"
            raise ConfigError(why, key=f"trainer.{limit}", value=value)
    _warn_of_schedule(config)
    outputs = parent.path.parents[1]
    config.output_dir, config.experiment_name = str(outputs), parent.path.parent.name
    config.name = child_name(parent.path, "further")
    assembly = prepare(config)
    snapshot, best = found[1], parent.checkpoint(BEST)

    def fill(child: RunFolder) -> None:
        write(snapshot, child.checkpoint(START))
        if best.exists():
            write(read(best), child.checkpoint(BEST))
        # Part of what the run computes, and so of its fingerprint.
        copy_initial_weights(parent, child)
        _keep_plugins(parent, child, assembly)
        Origin("further", parent).write(child)

    child = create_run(config, outputs, fill)
    execute(child, assembly, resume=True)
    return child


def _keep_plugins(parent: RunFolder, child: RunFolder, assembly: Assembly) -> None:
    """Note in the child's manifest which other plugins have trained its beginning, if any have."""
    manifest = parent.read_manifest()
    states, now = history(manifest), manifest_of(assembly, child)
    if len(states) > 1 or changes(states[-1], history(now)[-1]):
        kept = {key: manifest[key] for key in ("plugins", "plugins_since")}
        write_json(child.manifest, {**now, **kept})


def _warn_of_schedule(config: DictConfig) -> None:
    """Say that a schedule with an end keeps it, which may not be what somebody wants."""
    for key in _ENDS:
        if key in config.scheduler:
            _log.warning(
                "scheduler.%s stays %s: the learning rate goes on as that schedule does beyond "
                "the end it was made for",
                key,
                config.scheduler[key],
            )
