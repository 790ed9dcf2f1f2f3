from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.errors import ConfigError
from rnnlab.plugins import discovery
from rnnlab.plugins.allowed import allowing

Install = Callable[..., Path]

pytestmark = pytest.mark.usefixtures("stranger")


def test_components_are_listed_without_import() -> None:
    assert {"gru", "lstm", "rnn", "jordan", "leaky", "broken"} <= set(discovery.names("cell"))
    assert discovery.components("nothing") == []
    assert not [name for name in sys.modules if name.startswith("stranger_")]


def test_a_component_knows_where_it_comes_from() -> None:
    found = discovery.find("cell", "leaky")
    assert (found.distribution, found.version) == ("rnnlab-stranger", "2.5")
    assert found.package == "stranger_cells"
    assert {"rnnlab", "stranger_cells", "stranger_broken"} <= discovery.packages()


def test_load_imports_the_chosen_class_only() -> None:
    assert discovery.load("cell", "leaky").__name__ == "Leaky"
    assert "stranger_broken" not in sys.modules


def test_a_broken_plugin_is_named_in_one_line() -> None:
    with pytest.raises(ConfigError) as caught:
        discovery.load("cell", "broken")
    assert str(caught.value) == (
        "cell=broken: rnnlab-stranger 2.5 cannot be imported (stranger_broken:Cell): "
        "RuntimeError: boom"
    )


def test_what_is_not_a_class_is_refused(stranger: Path) -> None:
    (stranger / "stranger_broken.py").write_text("Cell = print\n")
    with pytest.raises(ConfigError, match="is not a class"):
        discovery.load("cell", "broken")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        discovery.find("cell", "lstn")
    assert caught.value.near == "lstm"
    assert "gru" in caught.value.valid


def test_two_offers_of_one_name_are_an_error(install: Install) -> None:
    install("rnnlab-a", {"cell": {"made_up": "a_cells:MGU"}})
    install("rnnlab-b", {"cell": {"made_up": "b_cells:MGU"}})
    with pytest.raises(ConfigError) as caught:
        discovery.find("cell", "made_up")
    assert str(caught.value) == (
        "cell=made_up: is offered by several packages; say which; "
        "valid: rnnlab-a:made_up, rnnlab-b:made_up"
    )
    assert discovery.find("cell", "rnnlab-b:made_up").target == "b_cells:MGU"
    assert {"rnnlab-a:made_up", "rnnlab-b:made_up"} < set(discovery.names("cell"))
    assert "made_up" not in discovery.names("cell")
    assert discovery.exists("cell", "made_up")


def test_no_package_takes_a_name_of_the_cores(install: Install) -> None:
    install("rnnlab-a", {"cell": {"gru": "a_cells:GRU"}})
    assert discovery.find("cell", "gru").own
    assert discovery.find("cell", "rnnlab:gru").own
    assert discovery.find("cell", "rnnlab-a:gru").target == "a_cells:GRU"
    assert {"gru", "rnnlab-a:gru"} < set(discovery.names("cell"))


def test_a_qualified_name_chooses_always_however_it_is_written() -> None:
    for name in ("rnnlab-stranger:leaky", "RNNlab_Stranger:leaky", "rnnlab.stranger:leaky"):
        assert discovery.find("cell", name) == discovery.find("cell", "leaky")
    with pytest.raises(ConfigError, match="is not installed"):
        discovery.find("cell", "rnnlab-other:leaky")


def test_what_may_not_be_used_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with allowing(["rnnlab-other"]), pytest.raises(ConfigError) as caught:
        discovery.load("cell", "leaky")
    assert str(caught.value) == (
        "cell=leaky: belongs to rnnlab-stranger, which is not among the allowed plugins "
        "(plugins.allow: rnnlab-other)"
    )
    monkeypatch.setenv("RNNLAB_DISABLE_PLUGINS", "1")
    assert {item.distribution for item in discovery.components("cell")} == {"rnnlab"}
    assert discovery.packages() == {"rnnlab"}
    with pytest.raises(ConfigError, match=r"and plugins are disabled by RNNLAB_DISABLE_PLUGINS$"):
        discovery.load("cell", "leaky")
    assert not [name for name in sys.modules if name.startswith("stranger_")]


def test_the_owner_of_a_path_is_the_one_whose_module_is_nearest(install: Install) -> None:
    install("rnnlab-a", {"cell": {"x": "shared_space.a.cells:X"}})
    install("rnnlab-b", {"cell": {"x": "shared_space.b.cells:X"}})
    found = [discovery.owner(f"shared_space.{name}.cells.X") for name in "ab"]
    assert [item and item.distribution for item in found] == ["rnnlab-a", "rnnlab-b"]
    assert discovery.owner("rnnlab.cells.gru.GRU") is None
    assert discovery.owner("torch.optim.Adam") is None
    near = discovery.owner("shared_space.b.other.Y")
    assert near
    assert near.distribution == "rnnlab-b"


def test_listing_imports_no_torch() -> None:
    code = (
        "import sys; from rnnlab.plugins import discovery, outline; from rnnlab.config import keys;"
        "[outline.outline(c) for g in discovery.GROUPS for c in discovery.components(g)];"
        "sys.exit(any(m in sys.modules for m in ('torch', 'hydra', 'mlflow', 'omegaconf')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
