from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rnnlab.errors import ConfigError
from rnnlab.plugins import discovery

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


def test_two_offers_of_one_name_are_an_error(stranger: Path) -> None:
    other = stranger / "other-1.0.dist-info"
    shutil.copytree(stranger / "rnnlab_stranger-2.5.dist-info", other)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (other / "entry_points.txt").write_text("[rnnlab.cells]\nleaky = elsewhere:Leaky\n")
    with pytest.raises(ConfigError, match=r"is offered by other \(elsewhere:Leaky\) and rnnlab-st"):
        discovery.find("cell", "leaky")


def test_listing_imports_no_torch() -> None:
    code = (
        "import sys; from rnnlab.plugins import discovery, outline; from rnnlab.config import keys;"
        "[outline.outline(c) for g in discovery.GROUPS for c in discovery.components(g)];"
        "sys.exit(any(m in sys.modules for m in ('torch', 'hydra', 'mlflow', 'omegaconf')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
