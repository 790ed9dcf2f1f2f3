"""``mlflow.json`` of a run folder: which MLflow run shows it, and how far that has got."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from rnnlab.errors import StorageError
from rnnlab.expected import mismatch

FILE_NAME = "mlflow.json"
# Older versions wrote less, and a file of a newer one is not ours to write.
_DEFAULTS = {"run_id": None, "sent": 0, "status": None, "key": None, "folder": None}
_LINK = {"uri": str, "sent": int} | dict.fromkeys(("run_id", "status", "key", "folder"), str | None)
_LONGEST = 2**63  # bytes that a file can have


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
        folder: The run folder that the MLflow run shows: a copy of it is not shown by the same.
    """

    uri: str
    run_id: str | None = None
    sent: int = 0
    status: str | None = None
    key: str | None = None
    folder: str | None = None


def read_link(folder: Path) -> Link | None:
    """Return the link of a run folder, or None when it has none.

    Raises:
        StorageError: The file cannot be read as a link.
    """
    path = folder / FILE_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise StorageError(f"cannot read {path}: {error}") from error
    if isinstance(content, dict):
        content = _DEFAULTS | content
    why = mismatch(content, _LINK)
    if why is None and not 0 <= content["sent"] < _LONGEST:
        why = f"sent is {content['sent']}"
    if why is None and (unknown := content.keys() - _LINK.keys()):
        why = f"{min(unknown)} is unknown"
    if why is not None:
        raise StorageError(f"cannot read {path}: {why}")
    return Link(**content)


def is_copy(folder: Path, link: Link) -> bool:
    """Return whether a run folder is a copy of one that is still there, and not that one moved.

    MLflow shows the original: what the copy does must not be written there.
    """
    if link.folder is None or Path(link.folder).resolve() == folder.resolve():
        return False
    try:
        original = read_link(Path(link.folder))
    except StorageError:
        return False
    return original is not None and (original.key, original.run_id) == (link.key, link.run_id)


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
