"""A Ray cluster: one that is there, or one on this machine for as long as the sweep lasts."""

from __future__ import annotations

import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rnnlab.errors import ConfigError, MissingPackage, StorageError, one_line
from rnnlab.sweeps.workers import processors

_CONNECT, _REACH = 5.0, 40.0
_OBJECTS = 100_000_000  # bytes; nothing but numbers and paths goes through its store
_PLACE = "/tmp"  # a socket's path must be short, which that of TMPDIR need not be
_KEY = "executor.address"


class Cluster:
    """A Ray cluster that this process is connected to.

    Args:
        address: ``HOST:PORT`` of one that is there, ``auto`` for one that this machine is part of;
            None for a new one, which ends with this process.

    Raises:
        ConfigError: The address is none.
        MissingPackage: Ray is not installed.
        StorageError: It cannot be reached, or started.
    """

    def __init__(self, address: str | None) -> None:
        self.ray = _ray()
        self.is_own = address is None
        self._folder: str | None = None
        self._was_there = bool(self.ray.is_initialized())
        if self._was_there:
            return  # whoever connected this process to a cluster wants that one
        if address is not None:
            _reach(address)
        else:
            self._folder = tempfile.mkdtemp(prefix="rnnlab-ray-", dir=_PLACE)
        try:
            self._connect(address)
        except BaseException:
            self.leave()
            raise

    def nodes(self) -> list[Mapping[str, float]]:
        """Return what each node that is alive offers in all, by Ray's names."""
        return [node["Resources"] for node in self.ray.nodes() if node["Alive"]]

    def leave(self) -> None:
        """Disconnect, and end the cluster that was started here."""
        if not self._was_there:
            with _its_own_way():
                self.ray.shutdown()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _connect(self, address: str | None) -> None:
        options: dict[str, Any] = {"address": address}
        if address is None:
            options = {
                "address": "local",
                "num_cpus": processors(),
                "object_store_memory": _OBJECTS,
                "include_dashboard": False,
                "_temp_dir": self._folder,
            }
        try:
            with _its_own_way():
                self.ray.init(**options, log_to_driver=False, logging_level=logging.CRITICAL)
        except Exception as error:
            where = "a Ray cluster on this machine" if address is None else f"{_KEY}={address}"
            raise StorageError(one_line(f"{where}: {_first(str(error))}")) from error


def _ray() -> Any:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # As it will be: what is to be hidden from a run is hidden by its seat.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import ray
            import ray._private.worker as worker
    except ImportError as error:
        raise MissingPackage("ray", "ray", wanted_by="executor=ray") from error
    # The logs of nodes that are lost would be printed into the table of the sweep.
    worker._worker_logs_enabled = False
    return ray


@contextmanager
def _its_own_way() -> Iterator[None]:
    """Let Ray begin or end without its warnings, and without its handlers of signals."""
    main = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for number, handler in before.items():
            if main and handler is not None:
                signal.signal(number, handler)


def _reach(address: str) -> None:
    """See whether a cluster answers; Ray itself tries for minutes, and then ends the process.

    Raises:
        ConfigError: It is no address.
        StorageError: None does.
    """
    if address != "auto":
        found = re.fullmatch(r"([^/\s]+):(\d{1,5})", address)
        if found is None:
            valid = ["HOST:PORT of its head", "auto", "null"]
            raise ConfigError("is no Ray cluster", key=_KEY, value=address, valid=valid)
        try:
            where = (found[1].strip("[]"), int(found[2]))
            socket.create_connection(where, timeout=_CONNECT).close()
        except (OSError, OverflowError) as error:
            why = f"no Ray cluster answers there: {error}"
            raise StorageError(f"{_KEY}={address}: {why}") from error
    command = [sys.executable, "-P", "-m", __name__, address]
    try:
        tried = subprocess.run(command, capture_output=True, text=True, timeout=_REACH)
    except subprocess.TimeoutExpired as error:
        why = f"no Ray cluster answers there within {_REACH:g} seconds"
        raise StorageError(f"{_KEY}={address}: {why}") from error
    if tried.returncode != 0:
        said = tried.stdout.strip() or tried.stderr.strip().rpartition("\n")[2]
        raise StorageError(one_line(f"{_KEY}={address}: {said}"))


def _first(text: str) -> str:
    """Return the first sentence of what Ray says; advice on its own commands follows."""
    return " ".join(text.split()).partition(". ")[0]


def _try(address: str) -> None:
    """Connect, and say what went wrong, if anything did; in a process of its own."""
    ray = _ray()
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
        ray.shutdown()
    except Exception as error:
        sys.stdout.write(_first(str(error)) + "\n")
        sys.stdout.flush()
        os._exit(1)


if __name__ == "__main__":
    _try(sys.argv[1])
