"""Load of the machine during a run, under the names that MLflow's dashboard knows."""

from __future__ import annotations

import importlib
import logging
import os
import threading
from collections.abc import Callable
from typing import Any

import psutil

_MEGA = 1e6
_PATIENCE = 5.0
_logger = logging.getLogger(__name__)


class SystemSampler:
    """Samples the machine every ``interval`` seconds in a thread, and once more at the end.

    Args:
        log: Takes ``{"system/...": value}``; called from the sampling thread.
        interval: Seconds between two samples.
    """

    def __init__(self, log: Callable[[dict[str, float]], None], interval: float = 10.0) -> None:
        self._log, self._interval = log, interval
        self._network = psutil.net_io_counters()
        self._gpus = _nvidia()
        # The first call has nothing to compare with and returns 0.
        psutil.cpu_percent()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="rnnlab-system", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take the last sample and end the thread."""
        self._stop.set()
        # A driver or a disk that hangs must not hold up the end of the run.
        self._thread.join(timeout=_PATIENCE)

    def sample(self) -> dict[str, float]:
        """Return one sample: utilization in percent, sizes in megabytes of 10^6 bytes."""
        memory = psutil.virtual_memory()
        disk = psutil.disk_usage(os.sep)
        values = {
            "cpu_utilization_percentage": psutil.cpu_percent(),
            "system_memory_usage_megabytes": memory.used / _MEGA,
            "system_memory_usage_percentage": 100 * memory.used / memory.total,
            "disk_usage_percentage": disk.percent,
            "disk_usage_megabytes": disk.used / _MEGA,
            "disk_available_megabytes": disk.free / _MEGA,
        }
        network = psutil.net_io_counters()
        # A machine without any network interface has no counters.
        if network is not None and self._network is not None:
            received = network.bytes_recv - self._network.bytes_recv
            transmitted = network.bytes_sent - self._network.bytes_sent
            values["network_receive_megabytes"] = received / _MEGA
            values["network_transmit_megabytes"] = transmitted / _MEGA
        for number, gpu in enumerate(self._gpus):
            values |= {f"gpu_{number}_{name}": value for name, value in gpu().items()}
        return {f"system/{name}": value for name, value in values.items()}

    def _work(self) -> None:
        try:
            while not self._stop.wait(self._interval):
                self._log(self.sample())
            self._log(self.sample())
        # Unreadable counters are no reason for a traceback in the middle of a training.
        except Exception as error:
            _logger.warning("system metrics are off from here on: %s", error)


def _nvidia() -> list[Callable[[], dict[str, float]]]:
    """Return a sampler of each NVIDIA GPU; none without the driver or the package nvidia-ml-py."""
    try:
        nvml = importlib.import_module("pynvml")
    except ImportError:
        return []
    try:
        nvml.nvmlInit()
        handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
    except nvml.NVMLError:
        return []

    def reader(handle: Any) -> Callable[[], dict[str, float]]:
        def read() -> dict[str, float]:
            try:
                memory = nvml.nvmlDeviceGetMemoryInfo(handle)
                return {
                    "memory_usage_percentage": 100 * memory.used / memory.total,
                    "memory_usage_megabytes": memory.used / _MEGA,
                    "utilization_percentage": nvml.nvmlDeviceGetUtilizationRates(handle).gpu,
                    "power_usage_watts": nvml.nvmlDeviceGetPowerUsage(handle) / 1000,
                }
            # Some boards report no power or no utilization.
            except nvml.NVMLError:
                return {}

        return read

    return [reader(handle) for handle in handles]
