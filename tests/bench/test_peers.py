from __future__ import annotations

import os
from importlib.machinery import ModuleSpec

import pytest

from rnnlab.bench import peers
from rnnlab.bench.case import make_case
from rnnlab.bench.peers import choose_peers, peer, set_up_xla
from rnnlab.bench.size import Size
from rnnlab.errors import ConfigError, MissingPackage


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The packages that are there; add to it."""
    there: set[str] = set()
    monkeypatch.setattr(
        peers, "find_spec", lambda name: ModuleSpec(name, None) if name in there else None
    )
    return there


def test_all_that_is_installed_takes_part(installed: set[str]) -> None:
    installed |= {"jax", "keras"}
    assert choose_peers(None) == (["torch", "jax", "keras"], [])


def test_what_is_not_installed_is_left_out_with_a_word_on_how(installed: set[str]) -> None:
    installed.add("keras")
    found, left_out = choose_peers(None)
    assert found == ["torch"]
    assert left_out == [
        "jax is left out: jax is not installed; pip install 'rnnlab[bench]'",
        "keras is left out: jax is not installed; pip install 'rnnlab[bench]'",
    ]


def test_elsewhere_than_on_the_cpu_torch_is_alone(installed: set[str]) -> None:
    installed |= {"jax", "keras"}
    found, left_out = choose_peers(None, "cuda")
    assert found == ["torch"]
    assert [line.partition(":")[0] for line in left_out] == [
        "jax is left out",
        "keras is left out",
    ]
    with pytest.raises(ConfigError, match=r"--peer=jax: .* on the CPU alone"):
        choose_peers(["jax"], "cuda")


def test_by_name(installed: set[str]) -> None:
    installed.add("jax")
    assert choose_peers(["jax", "torch"]) == (["torch", "jax"], [])
    assert choose_peers(["none"]) == ([], [])
    with pytest.raises(MissingPackage, match=r"--peer=keras: needs the package 'keras'.*bench"):
        choose_peers(["keras"])
    with pytest.raises(ConfigError, match="--peer=kears: unknown; did you mean keras"):
        choose_peers(["kears"])


def test_torchs_module_is_called_by_its_name() -> None:
    found = peer("torch", make_case("gru", Size(2, 3, 4)))
    assert found is not None
    assert found.name == "nn.GRU"


@pytest.mark.parametrize("name", ["torch", "jax", "keras"])
def test_there_is_none_for_a_cell_that_they_do_not_have(name: str) -> None:
    assert peer(name, make_case("jordan", Size(2, 3, 4))) is None


def test_xla_is_told_of_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JAX_PLATFORMS", "KERAS_BACKEND", "NPROC", "TF_CPP_MIN_LOG_LEVEL"):
        monkeypatch.setenv(name, "else")
    set_up_xla(3)
    assert os.environ["NPROC"] == "3"
    assert os.environ["JAX_PLATFORMS"] == "cpu"
    assert os.environ["KERAS_BACKEND"] == "jax"
