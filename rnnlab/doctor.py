"""``rnnlab doctor``: what is installed here, and whether it works together."""

from __future__ import annotations

import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

from rnnlab.errors import RnnlabError
from rnnlab.plugins import discovery
from rnnlab.plugins.conf import conf_folders

_PACKAGES = ("torch", "pytorch-lightning", "torchmetrics", "hydra-core", "omegaconf", "mlflow")
_EXTRAS = ("data", "hf", "bench", "dev")
_TRAINING = (
    "dataset=adding",
    "task=many_to_one",
    "cell=rnn",
    "cell.hidden_size=4",
    "dataset.steps=10",
    "trainer.max_steps=3",
    "trainer.limit_val_batches=1",
    "trainer.limit_test_batches=1",
    "trainer.enable_progress_bar=false",
    "tracking.enabled=false",
)


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Args:
        subject: What was looked at.
        text: What was found.
        good: False for something that keeps rnnlab from working.
    """

    subject: str
    text: str
    good: bool = True


def examine() -> Iterator[Finding]:
    """Give one finding after the other; the last ones take seconds."""
    yield Finding("python", f"{platform.python_version()} ({sys.executable})")
    yield Finding("rnnlab", version("rnnlab"))
    for package in _PACKAGES:
        yield Finding(package, *_installed(package))
    for extra in _EXTRAS:
        missing = _missing(extra)
        yield Finding(
            f"extra {extra}", f"missing: {', '.join(missing)}" if missing else "installed"
        )
    plugins = {
        f"{item.distribution} {item.version}"
        for group in discovery.GROUPS
        for item in discovery.components(group)
        if item.distribution != "rnnlab"
    }
    yield Finding("plugins", ", ".join(sorted(plugins)) or "none")
    yield Finding("configs", " then ".join(map(str, conf_folders())))
    yield _try("accelerators", _accelerators)
    yield _try("tracking store", _store)
    yield _try("a training", _train)


def _try(subject: str, action: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, action())
    except Exception as error:
        # Whatever is wrong with this machine is what the doctor is asked for.
        text = str(error) if isinstance(error, RnnlabError) else f"{type(error).__name__}: {error}"
        return Finding(subject, text, good=False)


def _installed(package: str) -> tuple[str, bool]:
    try:
        return version(package), True
    except PackageNotFoundError:
        return "not installed", False


def _missing(extra: str) -> list[str]:
    """Return the packages of an extra that are not installed."""
    from packaging.requirements import Requirement

    wanted = map(Requirement, distribution("rnnlab").requires or [])
    names = [
        requirement.name
        for requirement in wanted
        if requirement.marker
        and requirement.marker.evaluate({"extra": extra})
        and not requirement.marker.evaluate({"extra": ""})
    ]
    return [name for name in names if not _installed(name)[1]]


def _accelerators() -> str:
    import torch

    found = [f"cpu ({torch.get_num_threads()} threads)"]
    if torch.cuda.is_available():
        found += [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    return ", ".join(found)


def _store() -> str:
    from rnnlab.runs.places import default_output_dir
    from rnnlab.tracking import redacted, tracking_uri
    from rnnlab.tracking.store import connect

    uri = tracking_uri(None, default_output_dir())
    connect(uri).search_experiments(max_results=1)
    return f"{redacted(uri)} answers"


def _train() -> str:
    from rnnlab.runs.train import train

    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        train([*_TRAINING, f"output_dir={Path(folder)}"])
        return f"done in {time.perf_counter() - began:.1f} s"
