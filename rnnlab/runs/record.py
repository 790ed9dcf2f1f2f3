"""What is recorded beside the metrics of a run: its manifest, its tags, its final scores."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf

from rnnlab.config.brought import configs_from_plugins
from rnnlab.runs.assemble import Assembly
from rnnlab.runs.fingerprint import fingerprint
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.initial_weights import initial_report
from rnnlab.runs.manifest import make_manifest
from rnnlab.runs.origin import origin_tags
from rnnlab.runs.places import absolute
from rnnlab.runs.plugin_history import changes, history, plain, told
from rnnlab.runs.restore import read_config
from rnnlab.runs.trainer import device_kind
from rnnlab.tracking.logger import RunLogger
from rnnlab.tracking.mlflow_run import Status as MlflowStatus
from rnnlab.tracking.schema import check_store
from rnnlab.tracking.settle import is_settled
from rnnlab.tracking.settle import settle as settle_in_mlflow
from rnnlab.tracking.store import tracking_uri


def manifest_of(assembly: Assembly, folder: RunFolder | None = None) -> dict[str, Any]:
    """Return the manifest of a run, with its fingerprints.

    Args:
        assembly: The parts of the run.
        folder: Holds the weights that the run starts from, if it starts from any, and its
            manifest so far: what was trained with other plugins is another experiment.
    """
    initial = (initial_report(folder) if folder else None) or {}
    config: Any = OmegaConf.to_container(assembly.config, resolve=False)
    data = assembly.dataset.sha256()
    plugins = assembly.plugins
    before = history(folder.read_manifest()) if folder and folder.manifest.exists() else []
    if before and not changes(before[-1], plugins):
        before.pop()
    computed = partial(
        fingerprint, config, data, plain(plugins), earlier_plugins=[plain(each) for each in before]
    )
    return make_manifest(
        seed=int(assembly.config.seed),
        data_sha256=data,
        fingerprint=computed(initial_weights=initial.get("weights_sha256")),
        setting=computed(with_seed=False, initial_weights=initial.get("setting")),
        plugins=plugins,
        engines={},
        device=device_kind(assembly.config),
        configs=_configs(config) if folder is None or not folder.origin.exists() else {},
    )


def _configs(config: dict[str, Any]) -> dict[str, str]:
    # What is read of them stands in the config, so they are part of no fingerprint, and a run
    # that was made from another has read none.
    found = configs_from_plugins(config["choices"])
    return {option: f"{name} {plugin}" for option, (name, plugin) in found.items()}


def run_logger(
    folder: RunFolder, config: DictConfig, manifest: dict[str, Any], *, tracked: bool = True
) -> RunLogger:
    """Return the logger of a run, tagged with what its manifest says.

    Args:
        folder: The run.
        config: Its config.
        manifest: Its manifest.
        tracked: Whether to show it in MLflow, if its config says so.
    """
    tracking = config.tracking
    # The logger does not know what a run folder may hold: links that lead elsewhere end here.
    _ = folder.metrics, folder.link
    return RunLogger(
        folder.path,
        enabled=tracking.enabled and tracked,
        system_metrics=tracking.system_metrics,
        system_interval=tracking.system_interval,
        at_first_point=True,
        **_shown_as(folder, config, manifest),
    )


def settle(folder: RunFolder) -> bool:
    """Tell MLflow what it lacks of a run that has ended; return whether it has everything now.

    Nothing happens, and MLflow is not imported, where it has everything already.
    """
    if not folder.link.exists():  # it was never tracked
        return True
    said = folder.read_status()
    status = cast(MlflowStatus, said.get("status"))
    if is_settled(folder.path, status):
        return True
    manifest = folder.read_manifest()
    shown = _shown_as(folder, read_config(folder), manifest)
    files = [path for path in (folder.config, folder.manifest, folder.result) if path.exists()]
    return settle_in_mlflow(folder.path, status, said.get("cause"), artifacts=files, **shown)


def check_tracking(config: DictConfig) -> None:
    """Check that a tracking store can be used by this MLflow, before anything is made.

    Raises:
        ConfigError: The URI names no store.
        StorageError: It is of another version of MLflow.
    """
    if config.tracking.enabled:
        outputs = absolute(Path(config.output_dir))
        check_store(tracking_uri(config.tracking.uri, outputs))


def tags_of(folder: RunFolder, manifest: dict[str, Any]) -> dict[str, str]:
    """Return the tags that MLflow shows of a run, as its manifest says."""
    tags = {
        "rnnlab.fingerprint": manifest["fingerprint"],
        "rnnlab.setting": manifest["setting"],
        "rnnlab.folder": str(folder.path),
        "rnnlab.data_sha256": manifest["data_sha256"],
    }
    if manifest["git"]:
        tags["mlflow.source.git.commit"] = manifest["git"]["commit"]
        tags["rnnlab.git.dirty"] = str(manifest["git"]["dirty"])
    tags |= origin_tags(folder)
    if (initial := initial_report(folder)) is not None:
        tags["rnnlab.init_from"] = initial["source"]
    tags |= {f"rnnlab.plugin.{name}": what for name, what in told(manifest).items()}
    # Older manifests have none.
    if configs := manifest.get("configs_from_plugins"):
        said = "; ".join(f"{option}: {what}" for option, what in sorted(configs.items()))
        tags["rnnlab.configs_from_plugins"] = said
    return tags


def _shown_as(folder: RunFolder, config: DictConfig, manifest: dict[str, Any]) -> dict[str, Any]:
    """Return how MLflow shows a run: where, under what name, with which params and tags."""
    params: Any = OmegaConf.to_container(config, resolve=False)
    return {
        "uri": tracking_uri(config.tracking.uri, folder.path.parents[1]),
        "experiment": config.experiment_name,
        "run_name": folder.path.name,
        "params": params,
        "tags": tags_of(folder, manifest),
    }


def final_points(result: dict[str, Any]) -> dict[str, float]:
    """Return the final scores and the baselines of a result under the names they are logged by."""
    scores = {
        f"final/{part}/{name}": value
        for part in ("train", "test")
        for name, value in result["scores"][part].items()
    }
    baselines = {
        f"baseline/{baseline}/{name}": value
        for baseline, values in result["baselines"].items()
        for name, value in values.items()
    }
    return scores | baselines
