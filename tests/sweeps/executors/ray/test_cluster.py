"""Clusters that cannot be reached are told in one line, within seconds."""

import signal
import socket
import time
from pathlib import Path

import pytest

from rnnlab.errors import ConfigError, StorageError
from rnnlab.sweeps.executors.ray import cluster
from rnnlab.sweeps.executors.ray.cluster import Cluster


@pytest.mark.parametrize("address", ["nonsense", "ray://127.0.0.1:10001", "host:", "a b:1"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ConfigError) as raised:
        Cluster(address)
    expected = f"executor.address={address}: is no Ray cluster; valid: HOST:PORT of its head, auto"
    assert str(raised.value) == f"{expected}, null"


def test_a_port_where_nobody_listens():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{bound.getsockname()[1]}"
        with pytest.raises(StorageError, match=f"^executor.address={address}: no Ray cluster"):
            Cluster(address)


def test_a_port_where_somebody_else_listens(monkeypatch):
    monkeypatch.setattr(cluster, "_REACH", 3.0)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(StorageError) as raised:
            Cluster(address)
    assert str(raised.value) == (
        f"executor.address={address}: no Ray cluster answers there within 3 seconds"
    )
    assert time.monotonic() - began < 15


def test_where_there_is_none_auto_says_so(monkeypatch, tmp_path):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    with pytest.raises(StorageError) as raised:
        Cluster("auto")
    assert str(raised.value) == "executor.address=auto: Could not find any running Ray instance"


@pytest.mark.slow
def test_one_of_this_machine_comes_and_goes_and_leaves_signals_alone(monkeypatch):
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # or a token is written into the home folder
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    folders = set(Path("/tmp").glob("rnnlab-ray-*"))
    found = Cluster(None)
    try:
        (node,) = found.nodes()
        assert node["CPU"] >= 1
        nested = Cluster("elsewhere:1")  # whoever is connected stays where they are
        assert nested.nodes() == [node]
        nested.leave()
        assert found.ray.is_initialized()
    finally:
        found.leave()
    assert not found.ray.is_initialized()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert set(Path("/tmp").glob("rnnlab-ray-*")) == folders
