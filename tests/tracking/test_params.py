from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from rnnlab.tracking.params import flatten

LEAVES = st.none() | st.booleans() | st.integers(-1000, 1000) | st.floats(-1e6, 1e6)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.dictionaries(st.sampled_from("abc"), inner, min_size=1) | st.lists(LEAVES, max_size=3)
    ),
    max_leaves=10,
)


def test_leaves_under_dotted_keys() -> None:
    config: dict[str, Any] = {
        "cell": {"hidden_size": 64, "bias": True, "name": "lstm", "dropout": None},
        "sizes": [1, 2.5],
        "callbacks": [{"patience": 3}, {}],
        "empty": {},
    }
    assert flatten(config) == {
        "cell.hidden_size": "64",
        "cell.bias": "true",
        "cell.name": "lstm",
        "cell.dropout": "null",
        "sizes": "[1, 2.5]",
        "callbacks.0.patience": "3",
        "callbacks.1": "{}",
        "empty": "{}",
    }


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(st.sampled_from("xyz"), TREES))
def test_the_params_are_the_config_again_when_read_as_overrides(config: dict[str, Any]) -> None:
    lines = [f"{key}={text}" for key, text in flatten(config).items()]
    assert OmegaConf.to_container(OmegaConf.from_dotlist(lines)) == config


def test_a_secret_stays_unresolved() -> None:
    assert flatten({"token": "${oc.env:TOKEN}"}) == {"token": "${oc.env:TOKEN}"}


def test_characters_that_mlflow_refuses_in_names_become_underscores() -> None:
    assert flatten({"a@b": {"c+d": 1}}) == {"a_b.c_d": "1"}
