"""What is refused before any run begins."""

import sys
from pathlib import Path

import pytest

from rnnlab.errors import ConfigError, MissingPackage
from rnnlab.sweeps.executors.choice import executor
from rnnlab.sweeps.folder import SweepFolder
from tests.sweeps.jobs import job

SWEEP = SweepFolder(Path("/nowhere"))


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingPackage) as raised:
        executor({"kind": "ray"}, None, [job("a")], SWEEP)
    assert str(raised.value) == (
        "executor=ray: needs the package 'ray'; install it with: pip install 'rnnlab[ray]'"
    )


def test_accelerators_cannot_be_asked_for_by_number():
    found = job("a")
    found.plain["trainer"].update(accelerator="gpu", devices=[0, 3])
    with pytest.raises(ConfigError) as raised:
        executor({"kind": "ray", "gpus": None}, None, [job("b"), found], SWEEP)
    assert str(raised.value).startswith("trainer.devices=[0, 3]: Ray hands accelerators out")


def test_what_is_wrong_about_a_demand_needs_no_cluster():
    with pytest.raises(ConfigError, match=r"^executor\.gpus=2\.5: "):
        executor({"kind": "ray", "gpus": 2.5}, None, [job("a")], SWEEP)
