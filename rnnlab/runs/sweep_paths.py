"""Where sweeps are, and which one somebody means."""

from __future__ import annotations

from pathlib import Path

from rnnlab.errors import ConfigError, nearest
from rnnlab.runs.places import absolute

SWEEPS = "sweeps"
"""In the folder of all runs."""

PLAN = "sweep.json"
"""In the folder of a sweep."""

ATTEMPTS = "attempts"
"""In the folder of a run of a sweep; of those in it the highest number is believed."""

TRIAL = "trial.json"
"""In the folder of a run of a sweep that a search has chosen."""


def latest_attempt(run: Path) -> Path | None:
    """Return the highest attempt at a run of a sweep that is a run folder; None without any."""
    try:
        names = [path.name for path in (run / ATTEMPTS).iterdir() if path.name.isdecimal()]
    except OSError:
        return None
    for name in sorted(names, key=int, reverse=True):
        if (run / ATTEMPTS / name / "config.yaml").is_file():
            return run / ATTEMPTS / name
    return None


def is_trial(run: Path) -> bool:
    """Return whether a search has chosen a run.

    Args:
        run: Its folder, or an attempt's.
    """
    folder = run.parents[1] if run.parent.name == ATTEMPTS else run
    return (folder / TRIAL).is_file()


def refuse_swept(run: Path) -> None:
    """Refuse to go on with an attempt outside of its sweep, which would know nothing of it.

    Raises:
        ConfigError: The run folder is an attempt of a sweep.
    """
    if run.parent.name == ATTEMPTS:
        why = "belongs to a sweep; go on with the command that made it: rnnlab train -m …"
        raise ConfigError(why, key="RUN", value=run)


def find_sweep(sweep: str, output_dir: Path) -> Path:
    """Return the folder of the sweep that somebody means.

    Args:
        sweep: A folder, ``last``, or the beginning of a sweep's name.
        output_dir: Folder of all runs.

    Raises:
        ConfigError: There is no such sweep, or more than one.
    """
    if (as_path := _as_path(sweep)) is not None:
        return absolute(as_path)
    plans = output_dir.glob(f"{SWEEPS}/*/{PLAN}")
    known = [absolute(plan.parent) for plan in plans]
    if not known:
        raise ConfigError(f"there is no sweep in {output_dir} yet", key="SWEEP", value=sweep)
    if sweep == "last":
        return max(known, key=lambda folder: (folder / PLAN).stat().st_mtime)
    names = sorted(folder.name for folder in known)
    found = [folder for folder in known if folder.name == sweep]
    found = found or [folder for folder in known if sweep and folder.name.startswith(sweep)]
    if len(found) == 1:
        return found[0]
    if found:
        valid = sorted(folder.name for folder in found)[:8]
        why = "more than one sweep begins like this"
        raise ConfigError(why, key="SWEEP", value=sweep, valid=valid)
    raise ConfigError(
        f"no such sweep in {output_dir}",
        key="SWEEP",
        value=sweep,
        valid=["last", *names[-5:]],
        near=nearest(sweep, names),
    )


def _as_path(sweep: str) -> Path | None:
    try:
        path = Path(sweep).expanduser()
        return path if (path / PLAN).is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None  # too long for a path, or a ~user whom nobody knows
