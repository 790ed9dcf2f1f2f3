"""``init_from``: a new run starts from the weights of another run, where they fit.

What is taken over is copied into the new run's folder before anything trains, so that the run
stands alone: the other one may be deleted, and this one be started again or resumed.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf
from torch import Tensor, nn

from rnnlab.data.content import content_sha256
from rnnlab.errors import ConfigError
from rnnlab.runs import ranks
from rnnlab.runs.assemble import Assembly
from rnnlab.runs.finding import find, mlflow_run_id
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.json_files import read_json, write_json
from rnnlab.runs.restore import checkpoint
from rnnlab.runs.weight_matching import Match, match
from rnnlab.tracking.logger import RunLogger
from rnnlab.training.checkpoint_files import write
from rnnlab.training.checkpoints import INIT, read_weights

_REPORT = {"source": str, "loaded": {...: list}, "not_loaded": {...: str}, ...: object}
_SHOWN = 4  # reasons on the console; the log has them all

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class InitialWeights:
    """The weights of another run, compared with a model that is to start from them.

    Args:
        weights: All weights of the other model, by name.
        match: Which of them fit.
        origin: Where they come from, as plain values.
    """

    weights: dict[str, Tensor]
    match: Match
    origin: dict[str, Any]

    def write(self, folder: RunFolder) -> None:
        """Put ``checkpoints/init.ckpt`` and ``init.json`` into a run folder."""
        content = {"state_dict": {f"model.{name}": w for name, w in self.weights.items()}}
        write(content, folder.checkpoints / INIT)
        write_json(folder.initial, {**self.origin, **asdict(self.match)})


def find_initial_weights(assembly: Assembly) -> InitialWeights | None:
    """Return what ``init_from`` of a config means, or None where it is null.

    The config gets the folder of the run in place of its short name, which may mean another later.

    Raises:
        ConfigError: There is no such run, it has no checkpoint, it is the very run that is to be
            made, or nothing of it fits.
        StorageError: Its files cannot be read.
    """
    config = assembly.config
    run = config.get("init_from")
    if run is None:
        return None
    written: Any = OmegaConf.to_container(config, resolve=False)
    shown = written["init_from"]  # what an interpolation stands for may be a secret
    outputs = Path(config.output_dir).expanduser()
    try:
        source = find(run, outputs)
        path = checkpoint(source)
    except ConfigError as error:
        raise ConfigError(error.why, key="init_from", value=shown, valid=error.valid) from error
    own = outputs / str(config.experiment_name) / str(config.name)
    if config.name is not None and own.resolve() == source.path.resolve():
        raise ConfigError("is the run's own folder", key="init_from", value=shown)
    weights, manifest = read_weights(path), source.read_manifest()
    found = match(
        weights,
        assembly.model.state_dict(),
        source.read_spec(),
        assembly.spec,
        same_data=manifest["data_sha256"] == assembly.dataset.sha256(),
    )
    if not found.loaded:
        reasons = _reasons(found.not_loaded)
        why = f"nothing of that run fits this model: {reasons}"
        raise ConfigError(why, key="init_from", value=shown)
    if not OmegaConf.is_interpolation(config, "init_from"):
        config.init_from = str(source.path)
    origin = {
        "source": f"{source.path.parent.name}/{source.path.name}",
        "mlflow_run_id": mlflow_run_id(source),
        "setting": manifest["setting"],
        "checkpoint": path.name,
        "checkpoint_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "weights_sha256": weights_sha256(weights),
    }
    return InitialWeights(weights, found, origin)


def load_initial_weights(folder: RunFolder, model: nn.Module, logger: RunLogger) -> None:
    """Give a model the initial weights that its run folder holds, if any, and tell of it."""
    report = initial_report(folder)
    if report is None:
        return
    weights = read_weights(folder.checkpoint(INIT))
    model.load_state_dict({name: weights[name] for name in report["loaded"]}, strict=False)
    tensors = len(model.state_dict())
    head = f"initial weights from {report['source']}: {len(report['loaded'])} of {tensors} tensors"
    if ranks.rank() > 0:
        return
    _log.info(head)
    for name, shape in report["loaded"].items():
        _log.info("initial weights: %s %s", name, tuple(shape))
    for name, why in report["not_loaded"].items():
        _log.info("initial weights: not loaded: %s: %s", name, why)
    left = _reasons(report["not_loaded"])
    sys.stdout.write(f"{head}; not loaded: {left}\n" if left else f"{head}\n")
    logger.log_artifact(folder.initial)


def copy_initial_weights(first: RunFolder, second: RunFolder) -> None:
    """Give a new run folder the initial weights that another one holds, if any.

    They lie in its folder, whatever has become of where they came from.
    """
    if (report := initial_report(first)) is not None:
        second.checkpoints.mkdir(exist_ok=True)
        shutil.copyfile(first.checkpoint(INIT), second.checkpoint(INIT))
        write_json(second.initial, report)


def initial_report(folder: RunFolder) -> dict[str, Any] | None:
    """Return what ``init.json`` of a run folder holds, or None where there is none."""
    return read_json(folder.initial, _REPORT) if folder.initial.exists() else None


def weights_sha256(weights: dict[str, Tensor]) -> str:
    """Return the hash of names, types, shapes and values, whatever file holds them."""
    pieces: list[str | Tensor] = []
    for name in sorted(weights):
        tensor = weights[name]
        # Seen as bytes, since numpy knows no bfloat16.
        flat = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        pieces += [f"{name} {tensor.dtype} {tuple(tensor.shape)}", flat]
    return content_sha256(*pieces)


def _reasons(not_loaded: dict[str, str]) -> str:
    shown = [f"{name} {why}" for name, why in list(not_loaded.items())[:_SHOWN]]
    more = len(not_loaded) - len(shown)
    return ", ".join([*shown, f"{more} more"] if more else shown)
