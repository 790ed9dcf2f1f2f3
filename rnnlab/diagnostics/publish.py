"""What was seen inside a run, in its folder and beside it in MLflow."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from rnnlab.compare.writing import write
from rnnlab.diagnostics.plain_numbers import as_json
from rnnlab.diagnostics.section import Section
from rnnlab.diagnostics.sections.gates import gates_section
from rnnlab.diagnostics.sections.gradient import gradient_section
from rnnlab.diagnostics.sweep_page import write_sweep_report
from rnnlab.errors import RnnlabError
from rnnlab.probing.look import read_looks
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.restore import read_config
from rnnlab.tracking.attach import attach

ARTIFACTS = "diagnostics"
"""The folder of them in MLflow, as in the run's folder."""

LOOKS = "runs/*/attempts/*/diagnostics/flow.jsonl"
"""Where they are in a sweep."""

_log = logging.getLogger(__name__)


def publish(folder: RunFolder, sections: Iterable[Section], page: str | None = None) -> None:
    """Write pictures and numbers into a run's folder and show them in MLflow.

    Args:
        folder: The run.
        sections: Of its report.
        page: The whole report, which is shown in MLflow too; None for none.

    Raises:
        StorageError: The disk refused.
    """
    written = []

    def put(name: str, content: bytes) -> None:
        path = folder.diagnostics / name
        write(path, content)
        written.append(path)

    for section in sections:
        if section.numbers is not None:
            put(f"{section.name}.json", as_json(section.numbers).encode())
        for picture in section.pictures:
            put(f"{picture.name}.png", picture.png)
    if page is not None:
        put("report.html", page.encode())
    attach(folder.path, written, ARTIFACTS, uri=_uri(folder))


def publish_looks(folder: RunFolder) -> None:
    """Draw what was seen while a run was trained; a failure costs a warning, and not the run."""
    try:
        looks = read_looks(folder.looks)
        if not looks:
            return
        seen = [(float(look.epoch), look.gates) for look in looks if look.gates]
        flows = {f"epoch {look.epoch}": look.flows for look in (looks[0], looks[-1])}
        sections = [gradient_section(flows, looks, looks[-1].whose)]
        publish(folder, [*sections, *([gates_section(seen)] if seen else [])])
    except (RnnlabError, OSError) as error:
        _log.warning("no pictures of the gradient through time: %s", error)


def publish_sweep(folder: Path) -> Path | None:
    """Write what was seen inside the runs of a sweep into its folder, and show it in MLflow.

    A failure costs a warning, and not the sweep.

    Args:
        folder: The sweep's.

    Returns:
        The page; None where no run was looked into, or it could not be made.
    """
    if next(folder.glob(LOOKS), None) is None:
        return None
    page, numbers = folder / "gradients.html", folder / "gradients.json"
    try:
        drawn = folder / "diagnostics"
        write_sweep_report([folder], page, numbers=numbers, folder=drawn)
        attach(folder, [page, numbers, *sorted(drawn.glob("*.png"))], ARTIFACTS)
    except (RnnlabError, OSError) as error:
        _log.warning("no page about the gradient through time: %s", error)
        return None
    return page


def _uri(folder: RunFolder) -> str | None:
    uri: str | None = read_config(folder).tracking.uri
    return uri
