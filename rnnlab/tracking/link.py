"""``mlflow.json`` of a run folder: which MLflow run shows it, and how far that has got."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from rnnlab.errors import StorageError

FILE_NAME = "mlflow.json"


@dataclass(frozen=True, slots=True)
class Link:
    """Where the points of a run folder are sent.

    Args:
        uri: The tracking store, without password.
        run_id: The MLflow run, or None before there is one.
        sent: The bytes of ``metrics.jsonl`` that MLflow has confirmed.
        status: The final status that MLflow has confirmed, after all points, tags, params and
            artifacts; None until then.
        key: A tag by which the MLflow run is found again if MLflow made it and its answer was
            lost; None in folders of older versions.
    """

    uri: str
    run_id: str | None = None
    sent: int = 0
    status: str | None = None
    key: str | None = None


def read_link(folder: Path) -> Link | None:
    """Return the link of a run folder, or None when it has none.

    Raises:
        StorageError: The file cannot be read as a link.
    """
    path = folder / FILE_NAME
    try:
        return Link(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise StorageError(f"cannot read {path}: {error}") from error


def write_link(folder: Path, link: Link) -> None:
    """Replace the link of a run folder in one step: a reader sees the old one or the new one.

    Raises:
        StorageError: The disk refused; the old link is left as it was.
    """
    path = folder / FILE_NAME
    draft = path.with_suffix(".json.part")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(json.dumps(asdict(link)) + "\n")
            # Without this a power failure can leave an empty file under the new name.
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror}") from error
