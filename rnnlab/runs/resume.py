"""``rnnlab resume``: execute a run folder again, from its last checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rnnlab.errors import ConfigError
from rnnlab.runs.changed_plugins import refuse_changed_plugins
from rnnlab.runs.execute import execute
from rnnlab.runs.finding import find
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.further import train_further
from rnnlab.runs.sweep_paths import refuse_swept


def resume(
    run: str,
    output_dir: Path,
    overrides: Sequence[str] = (),
    *,
    allow_changed_plugins: bool = False,
) -> RunFolder:
    """Go on with a run that did not finish, or train a finished one further.

    Args:
        run: A folder, an MLflow run id, an unambiguous prefix, or ``last``.
        output_dir: Where runs are looked for.
        overrides: New limits for a finished run; see :func:`rnnlab.runs.further.train_further`.
        allow_changed_plugins: Go on although plugins are not what they were; the manifest keeps
            what they were and what they became.

    Returns:
        The folder that was executed.

    Raises:
        ConfigError: There is no such run, it has finished, or a living process executes it.
        Refused: A plugin that it uses has changed, or is gone.
    """
    folder = find(run, output_dir)
    refuse_swept(folder.path)
    if overrides:
        return train_further(folder, list(overrides), allow_changed_plugins=allow_changed_plugins)
    status = folder.read_status()
    if status.get("status") == Status.FINISHED:
        why = "the run has finished; to train it further: rnnlab resume RUN trainer.max_epochs=…"
        raise ConfigError(why, key="RUN", value=folder.path.name)
    refuse_changed_plugins(folder, allowed=allow_changed_plugins)
    execute(folder, resume=True)
    return folder
