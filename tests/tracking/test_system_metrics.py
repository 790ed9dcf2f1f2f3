from __future__ import annotations

import sys
import threading
import time
from types import SimpleNamespace

import psutil
import pytest
from mlflow.system_metrics.metrics.cpu_monitor import CPUMonitor
from mlflow.system_metrics.metrics.disk_monitor import DiskMonitor
from mlflow.system_metrics.metrics.network_monitor import NetworkMonitor

from rnnlab.tracking.system_metrics import SystemSampler


def test_the_names_are_those_of_mlflow() -> None:
    expected = set()
    for monitor in (CPUMonitor(), DiskMonitor(), NetworkMonitor()):
        monitor.collect_metrics()
        expected |= {f"system/{name}" for name in monitor.aggregate_metrics()}
    samples: list[dict[str, float]] = []
    SystemSampler(samples.append, interval=60).close()
    assert {name for name in samples[0] if "/gpu_" not in name} == expected


def test_samples_come_at_the_interval_and_once_at_the_end() -> None:
    samples: list[dict[str, float]] = []
    sampler = SystemSampler(samples.append, interval=0.02)
    while len(samples) < 3:
        sampler._stop.wait(0.01)
    sampler.close()
    count = len(samples)
    assert count >= 4
    sampler._stop.wait(0.05)
    assert len(samples) == count
    memory = psutil.virtual_memory()
    assert samples[-1]["system/system_memory_usage_percentage"] == pytest.approx(
        100 * memory.used / memory.total, abs=5
    )


def test_a_machine_without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "net_io_counters", lambda: None)
    samples: list[dict[str, float]] = []
    SystemSampler(samples.append, interval=60).close()
    assert not any("network" in name for name in samples[0])


def test_gpus_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    class NvmlError(Exception):
        pass

    def power(handle: int) -> int:
        if handle == 1:
            raise NvmlError
        return 75_000

    nvml = SimpleNamespace(
        NVMLError=NvmlError,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda number: number,
        nvmlDeviceGetMemoryInfo=lambda handle: SimpleNamespace(used=2e9, total=8e9),
        nvmlDeviceGetUtilizationRates=lambda handle: SimpleNamespace(gpu=40),
        nvmlDeviceGetPowerUsage=power,
    )
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    samples: list[dict[str, float]] = []
    SystemSampler(samples.append, interval=60).close()
    assert {name: value for name, value in samples[0].items() if "gpu" in name} == {
        "system/gpu_0_memory_usage_percentage": 25.0,
        "system/gpu_0_memory_usage_megabytes": 2000.0,
        "system/gpu_0_utilization_percentage": 40,
        "system/gpu_0_power_usage_watts": 75.0,
    }


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_counters_that_cannot_be_read_cost_one_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sampler = SystemSampler(lambda values: None, interval=60)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: 1 / 0)
    sampler.close()
    assert len(caplog.records) == 1
    assert "system metrics are off" in caplog.text


def test_a_sampler_that_hangs_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr("rnnlab.tracking.system_metrics._PATIENCE", 0.2)
    sampler = SystemSampler(lambda values: release.wait(20) and None, interval=60)
    began = time.monotonic()
    sampler.close()
    assert time.monotonic() - began < 5
    assert sampler._thread.is_alive()
    release.set()
    sampler._thread.join()
