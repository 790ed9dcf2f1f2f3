from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from rnnlab.errors import ConfigError
from rnnlab.plugins.reading import parse_yaml, read_yaml


def test_a_file_is_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: 1e-3\nb: {c: [yes, 'no']}\n")
    config = read_yaml(tmp_path / "x.yaml")
    assert config == OmegaConf.load(tmp_path / "x.yaml")
    assert config.a == 0.001


@pytest.mark.parametrize("text", ["", "  \n", "# nothing\n", "null"])
def test_nothing_is_an_empty_mapping(text: str) -> None:
    assert parse_yaml(text, "x.yaml") == {}


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("a: 1\nb: [1,\nc: }", "x.yaml:3: broken YAML: "),
        ("a: 1\na: 2", "x.yaml:2: broken YAML: found duplicate key a"),
        ("a: 1\n---\nb: 2", "x.yaml:2: broken YAML: "),
        ("a:\n\t- b", "x.yaml:2: broken YAML: "),
        ("? [1, 2]\n: 3", "x.yaml:1: broken YAML: "),
        ("a: !!python/object/apply:os.system [x]", "x.yaml:1: broken YAML: could not determine a"),
        ("a: '\x01'", "x.yaml: broken YAML: unacceptable character #x0001"),
        # What PyYAML lets through as it comes.
        ("a: " + "9" * 5000, "x.yaml: broken YAML: Exceeds the limit"),
        ("a: !!bool x", "x.yaml: broken YAML: 'x'"),
        ("a: !!timestamp x", "x.yaml: broken YAML: 'NoneType'"),
        ("a: !!float x", "x.yaml: broken YAML: could not convert"),
        # What OmegaConf does not hold.
        ("a: !!set {x}", "x.yaml: is no config: "),
        ("a: ${", "x.yaml: is no config: "),
        ("? null\n: 3", "x.yaml: is no config: "),
        ("[1]", "x.yaml: is no config: it must be a mapping"),
    ],
)
def test_what_is_no_config_is_one_line_with_the_file(text: str, start: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, "x.yaml")
    assert str(caught.value).startswith(start)
    assert "\n" not in str(caught.value)
