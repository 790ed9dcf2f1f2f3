"""``rnnlab resume``: execute a run folder again, from its last checkpoint."""

from __future__ import annotations

from pathlib import Path

from rnnlab.errors import ConfigError
from rnnlab.runs.execute import execute
from rnnlab.runs.folder import RunFolder, Status, find


def resume(run: str, output_dir: Path) -> RunFolder:
    """Go on with a run that did not finish.

    Args:
        run: A folder, an MLflow run id, an unambiguous prefix, or ``last``.
        output_dir: Where runs are looked for.

    Raises:
        ConfigError: There is no such run, or it has finished.
    """
    folder = find(run, output_dir)
    if folder.read_status().get("status") == Status.FINISHED:
        raise ConfigError("the run has finished", key="RUN", value=folder.path.name)
    execute(folder, resume=True)
    return folder
