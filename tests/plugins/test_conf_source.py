from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from rnnlab.errors import ConfigError, Refused
from rnnlab.plugins.conf_source import ConfSource, names_hydra, powers


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "conf" / "cell").mkdir(parents=True)
    (tmp_path / "conf" / "cell" / "mine.yaml").write_text("# @package _global_\na: 1\n")
    (tmp_path / "outside.yaml").write_text("b: 1\n")
    return tmp_path


def source(folder: Path) -> ConfSource:
    return ConfSource("rnnlab", f"conf://{folder}/conf")


def test_files_are_found_and_read_with_their_header(folder: Path) -> None:
    conf = source(folder)
    assert conf.available()
    assert conf.is_group("cell")
    assert conf.is_config("cell/mine")
    assert conf.list("cell", None) == ["mine"]
    result = conf.load_config("cell/mine")
    assert result.config == {"a": 1}
    assert result.header["package"] == "_global_"


@pytest.mark.parametrize("path", ["../outside", "cell/../../outside"])
def test_what_lies_outside_is_not_there(folder: Path, path: str) -> None:
    assert not source(folder).is_config(path)
    assert not source(folder).is_group(str(Path(path).parent))


def test_a_root_is_the_folder(folder: Path) -> None:
    assert not source(folder).is_config(str(folder / "outside"))
    assert source(folder).is_config("/cell/mine")


def test_a_broken_file_is_one_line(folder: Path) -> None:
    (folder / "conf" / "cell" / "mine.yaml").write_text("a: 1\na: 2\n")
    with pytest.raises(ConfigError, match=r"mine\.yaml:2: broken YAML: found duplicate key a$"):
        source(folder).load_config("cell/mine")


def test_a_broken_header_is_one_line(folder: Path) -> None:
    (folder / "conf" / "cell" / "mine.yaml").write_text("# @package _global_: a\n")
    with pytest.raises(ConfigError, match=r"mine\.yaml: Too many components in .*; write: # @pack"):
        source(folder).load_config("cell/mine")


@pytest.mark.parametrize(
    ("text", "hydra"),
    [
        ("hydra.run.dir", True),
        ("hydra/job_logging", True),
        ("override /hydra/launcher", True),
        ("cell@hydra.job", True),
        ("'hydra'", True),
        ("cell", False),
        ("hydration", False),
        ("experiment/rehydra", False),
    ],
)
def test_names_of_hydras_own(text: str, hydra: bool) -> None:
    assert names_hydra(text) is hydra


@pytest.mark.parametrize(
    ("content", "path", "package", "place"),
    [
        ({"hydra": {"job": {"env_set": {"A": "b"}}}}, "", "", "hydra"),
        ({"hydra.searchpath": ["file:///x"]}, "", "", "hydra.searchpath"),
        ({"defaults": [{"override /hydra/job_logging": "x"}]}, "", "", "defaults: override /hy"),
        ({"defaults": ["/hydra/launcher/basic"]}, "", "", "defaults: /hydra/launcher/basic"),
        ({"defaults": [{"/cell@hydra.job": "x"}]}, "", "", "defaults: /cell@hydra.job"),
        ({"env_set": {"A": "b"}}, "cell/mine", "hydra.job", "@package hydra.job"),
        ({"a": 1}, "hydra/job_logging/default", "", "hydra/job_logging/default"),
    ],
)
def test_the_places_where_a_file_sets_up_hydra(
    content: dict[str, object], path: str, package: str, place: str
) -> None:
    (found,) = powers(OmegaConf.create(content), path, package)
    assert found.startswith(place)


def test_a_plain_file_has_no_powers() -> None:
    content = {"defaults": ["gru", {"override /cell": "gru"}, "_self_"], "a": {"hydra": 1}}
    assert list(powers(OmegaConf.create(content), "cell/mine", "_global_")) == []


def test_a_file_with_powers_is_refused(folder: Path) -> None:
    (folder / "conf" / "cell" / "mine.yaml").write_text("hydra: {searchpath: ['file:///x']}\n")
    with pytest.raises(Refused, match=r"mine\.yaml: hydra: sets up Hydra itself"):
        source(folder).load_config("cell/mine")
