from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.capability.choosing import chosen
from rnnlab.errors import ConfigError


@pytest.mark.parametrize("name", ["unsound", "cell/unsound", "rnnlab-probe:unsound"])
def test_a_component_by_any_of_its_names(name: str, plugins: Path) -> None:
    (found,) = chosen(name)
    assert (found.group, found.name) == ("cell", "unsound")
    assert found.distribution == "rnnlab-probe"


@pytest.mark.parametrize("name", ["rnnlab-probe", "RNNLAB_Probe", "rnnlab.probe"])
def test_a_package_stands_for_all_that_it_brings(name: str, plugins: Path) -> None:
    names = [item.name for item in chosen(name)]
    assert names == ["branching", "gone", "needy", "picky", "sound", "unready", "unsound"]


def test_two_of_one_name_are_told_apart(plugins: Path) -> None:
    with pytest.raises(ConfigError, match="several") as caught:
        chosen("sound")
    assert caught.value.valid == ("cell/rnnlab-probe:sound", "cell/rnnlab-twin:sound")
    assert [chosen(name)[0].distribution for name in caught.value.valid] == [
        "rnnlab-probe",
        "rnnlab-twin",
    ]


def test_what_is_not_there_is_refused_with_what_is_like_it(plugins: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean unsound"):
        chosen("unsond")
    with pytest.raises(ConfigError, match="did you mean rnnlab-probe"):
        chosen("rnnlab-prob")
    with pytest.raises(ConfigError, match="no cell, task"):
        chosen("task/unsound")


def test_only_kinds_with_a_contract_are_checked() -> None:
    with pytest.raises(ConfigError, match="has no contract; valid: cell/…, task/…, dataset/…"):
        chosen("backbone/recurrent")
