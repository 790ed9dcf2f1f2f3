"""Which run somebody means, and which runs there are."""

from __future__ import annotations

from pathlib import Path

from rnnlab.errors import ConfigError, Refused, StorageError
from rnnlab.runs.contained import leads_into
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.places import absolute
from rnnlab.runs.sweep_paths import latest_attempt
from rnnlab.tracking.link import read_link


def find(run: str, output_dir: Path) -> RunFolder:
    """Return the run that somebody means.

    Args:
        run: A folder, which may be that of a run of a sweep, ``last``, an MLflow run id, or the
            beginning of a run's name or id.
        output_dir: Where runs are looked for.

    Raises:
        ConfigError: There is no such run, or more than one.
        Refused: Its name is that of a link that leads out of ``output_dir``.
    """
    if (as_path := _as_path(run)) is not None:
        return RunFolder(absolute(as_path))
    found = _by_name(run, output_dir)
    if not leads_into(output_dir, found.path):
        to = found.path.resolve()
        raise Refused(f"RUN={run}: is a link that leads out of {output_dir}; if you trust it: {to}")
    return found


def _as_path(run: str) -> Path | None:
    try:
        path = Path(run).expanduser()
        return (latest_attempt(path) or path) if (path / "config.yaml").is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None  # too long for a path, or a ~user whom nobody knows


def _by_name(run: str, output_dir: Path) -> RunFolder:
    runs = all_runs(output_dir)
    if run == "last":
        if not runs:
            raise ConfigError(f"there is no run in {output_dir} yet", key="RUN", value=run)
        return max(runs, key=lambda folder: folder.config.stat().st_mtime)
    matches = [folder for folder in runs if folder.path.name == run]
    matches = matches or [
        folder
        for folder in runs
        if run
        and (folder.path.name.startswith(run) or (mlflow_run_id(folder) or "").startswith(run))
    ]
    if len(matches) == 1:
        return matches[0]
    names = [folder.path.name for folder in (matches or sorted(runs, key=lambda f: f.path.name))]
    if not matches:
        raise ConfigError(
            f"no such run in {output_dir}", key="RUN", value=run, valid=["last", *names[-5:]]
        )
    raise ConfigError("more than one run begins like this", key="RUN", value=run, valid=names[:8])


def all_runs(output_dir: Path) -> list[RunFolder]:
    """Return every run folder below ``output_dir``."""
    pattern = "*/*/config.yaml"
    return [RunFolder(absolute(path.parent)) for path in sorted(output_dir.glob(pattern))]


def mlflow_run_id(folder: RunFolder) -> str | None:
    """Return the run's id in MLflow, or None when it was not tracked."""
    try:
        link = read_link(folder.link.parent)
    except (StorageError, Refused):
        return None  # whoever goes on with the run says so
    return link.run_id if link else None
