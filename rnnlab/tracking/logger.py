"""Lightning's logger of rnnlab: the run folder first, then MLflow."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities import rank_zero_only

from rnnlab.errors import StorageError
from rnnlab.tracking.mlflow_run import Status
from rnnlab.tracking.points import Point, PointsFile
from rnnlab.tracking.remote_run import RemoteStore
from rnnlab.tracking.spool import Job, Spool
from rnnlab.tracking.system_metrics import SystemSampler
from rnnlab.tracking.uri import tracking_uri

_log = logging.getLogger(__name__)


class RunLogger(Logger):
    """Writes every metric to ``metrics.jsonl`` of a run folder and shows it in MLflow.

    The folder is the truth: a tracking server that is away costs a warning, and gets everything
    when it is back or when the run is resumed. A folder that was logged before goes on in the same
    MLflow run. On other ranks than zero the logger does nothing.

    Args:
        folder: The run folder.
        uri: The tracking URI; None for ``MLFLOW_TRACKING_URI``, else SQLite under ``outputs/``.
        experiment: The MLflow experiment.
        run_name: The name of the MLflow run.
        params: The resolved config; every leaf becomes a param.
        tags: Tags of the MLflow run.
        run_id: The MLflow run to go on with; None for the folder's own, or a new one.
        enabled: False writes the folder only.
        system_metrics: Whether to sample the load of the machine.
        system_interval: Seconds between two such samples.
        at_first_point: Whether the process that sends to MLflow is not started before there is a
            point to send, or ten seconds have passed: where all cores are busy it would take its
            second and a half from what comes before a first training step.

    Raises:
        ConfigError: The URI names no tracking store.
        StorageError: The run folder cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        uri: str | None,
        experiment: str,
        run_name: str,
        params: Mapping[str, Any],
        tags: Mapping[str, str],
        run_id: str | None = None,
        enabled: bool = True,
        system_metrics: bool = True,
        system_interval: float = 10.0,
        at_first_point: bool = False,
    ) -> None:
        super().__init__()
        self._folder, self._experiment = folder.absolute(), experiment
        self._points: PointsFile | None = None
        self._store: RemoteStore | None = None
        self._spool: Spool | None = None
        self._sampler: SystemSampler | None = None
        if getattr(rank_zero_only, "rank", 0) != 0:
            return
        address = tracking_uri(uri) if enabled else None
        self._folder.mkdir(parents=True, exist_ok=True)
        self._points = PointsFile(self._folder / "metrics.jsonl")
        if address is not None:
            began = time.time_ns() // 1_000_000
            self._store = RemoteStore(address, experiment, run_name, began)
            self._spool = Spool(
                self._folder,
                address,
                self._store.open_run,
                run_id=run_id,
                at_first_point=at_first_point,
            )
            self._submit(lambda run: run.log_params(params))
            self.set_tags(tags)
        if system_metrics:
            last = self._points.last_step("system/")
            self._next_sample = 0 if last is None else last + 1
            self._sampler = SystemSampler(self._log_sample, system_interval)

    @property
    def name(self) -> str:
        """The MLflow experiment."""
        return self._experiment

    @property
    def version(self) -> str:
        """The MLflow run id; the folder's name as long as MLflow has not answered."""
        return self.run_id or self._folder.name

    @property
    def run_id(self) -> str | None:
        """The MLflow run id, or None as long as MLflow has not answered."""
        return self._spool.run_id if self._spool else None

    @property
    def save_dir(self) -> str:
        """The run folder."""
        return str(self._folder)

    @property
    def root_dir(self) -> str:
        """The run folder."""
        return str(self._folder)

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Append metrics to the folder; an ``epoch`` among them is noted on every point.

        Raises:
            StorageError: The folder cannot be written.
        """
        if self._points is None:
            return
        timestamp = time.time_ns() // 1_000_000
        epoch = int(metrics["epoch"]) if "epoch" in metrics else None
        self._points.append(
            Point(name, float(value), step or 0, epoch, timestamp)
            for name, value in metrics.items()
            if name != "epoch"
        )
        if self._spool is not None:
            self._spool.begin()

    def save(self) -> None:
        """Have the disk hold all that was logged; called before a checkpoint is written."""
        if self._points is not None:
            self._points.sync()

    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the params are those of the run's config."""

    def log_artifact(self, path: Path, artifact_path: str | None = None) -> None:
        """Upload a file or folder, as it is when the server takes it, into ``artifact_path``."""
        self._submit(lambda run: run.log_artifact(path, artifact_path))

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Set tags of the MLflow run."""
        self._submit(lambda run: run.set_tags(tags))

    def finish(
        self,
        status: Status,
        cause: str | None = None,
        *,
        timeout: float = 60.0,
        patience: float = 5.0,
    ) -> bool:
        """End the run with its true status and return whether MLflow has got everything.

        Calling it again changes nothing.

        Args:
            status: ``FINISHED``, ``FAILED``, ``KILLED``, ``PRUNED`` or ``PREEMPTED``.
            cause: Why the run ended so; the tag ``rnnlab.cause``, written with the status.
            timeout: The most seconds to wait while the server takes what is left.
            patience: The seconds after which a server that is away is given up.
        """
        if self._sampler is not None:
            self._sampler.close()
        if self._points is not None:
            self._points.close()
        if self._spool is None or self._store is None:
            return True
        try:
            return self._spool.close(status, cause, timeout=timeout, patience=patience)
        finally:
            self._store.end()

    def _submit(self, job: Job) -> None:
        if self._spool is not None:
            self._spool.submit(job)

    def _log_sample(self, sample: dict[str, float]) -> None:
        try:
            self.log_metrics(sample, self._next_sample)
        except StorageError as error:
            # The training itself meets the same disk and reports it.
            _log.warning("system metrics: %s", error)
        self._next_sample += 1
