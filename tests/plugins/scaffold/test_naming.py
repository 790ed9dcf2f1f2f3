from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.errors import ConfigError
from rnnlab.plugins.scaffold import KINDS, naming


@pytest.mark.parametrize(
    ("name", "component", "distribution", "package", "class_name"),
    [
        ("mgu", "mgu", "rnnlab-mgu", "rnnlab_mgu", "MguCell"),
        ("rnnlab-mgu", "mgu", "rnnlab-mgu", "rnnlab_mgu", "MguCell"),
        ("rnnlab_MGU", "mgu", "rnnlab-mgu", "rnnlab_mgu", "MguCell"),
        ("my cell", "my_cell", "rnnlab-my-cell", "rnnlab_my_cell", "MyCell"),
        ("  My--own_.unit ", "my_own_unit", "rnnlab-my-own-unit", "rnnlab_my_own_unit", None),
        ("cell", "cell", "rnnlab-cell", "rnnlab_cell", "CellCell"),
        ("lstm2", "lstm2", "rnnlab-lstm2", "rnnlab_lstm2", "Lstm2Cell"),
    ],
)
def test_one_name_gives_all(
    name: str, component: str, distribution: str, package: str, class_name: str | None
) -> None:
    names = naming(name, "cell")
    assert names.component == component
    assert names.distribution == distribution
    assert names.package == package
    assert names.class_name == (class_name or "MyOwnUnitCell")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "nothing is left"),
        ("-_. ", "nothing is left"),
        ("rnnlab", "nothing is left"),
        ("class", "keyword"),
        ("None", "keyword|value"),
        ("match", "keyword"),
        ("null", "read as a value"),
        ("2fast", "begin with a letter"),
        ("größe", "only letters"),
        ("a/b", "only letters"),
        ("../up", "only letters"),
        ("a" * 25, "longer than 24"),
        ("gru", "rnnlab has a cell"),
        ("GRU", "rnnlab has a cell"),
        ("rnnlab-irnn", "rnnlab has a cell"),
    ],
)
def test_no_plugin_can_have_some_names(name: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        naming(name, "cell")
    assert caught.value.value == name


def test_a_name_of_the_core_is_free_for_another_kind() -> None:
    assert naming("gru", "dataset").class_name == "GruDataset"


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match="valid: cell, task, dataset"):
        naming("mgu", "layer")


@given(st.text(alphabet="abz_-. 09AZ", max_size=30), st.sampled_from(KINDS))
def test_what_is_accepted_is_usable_everywhere(name: str, kind: str) -> None:
    try:
        names = naming(name, kind)
    except ConfigError:
        return
    for identifier in (names.component, names.package, names.class_name):
        assert identifier.isidentifier()
        assert not keyword.iskeyword(identifier)
    assert naming(names.distribution, kind) == names
    assert naming(names.component.upper(), kind) == names
