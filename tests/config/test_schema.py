from __future__ import annotations

from itertools import zip_longest

import pytest
from omegaconf import OmegaConf

from rnnlab.config.compose import compose
from rnnlab.config.options import options
from rnnlab.config.schema import OPTIONS, Run
from rnnlab.config.validate import validate
from rnnlab.plugins.conf import packaged_conf
from rnnlab.plugins.signature import parameters


@pytest.mark.parametrize("group", OPTIONS)
def test_the_shipped_defaults_have_exactly_these_keys(group: str) -> None:
    shipped = OmegaConf.load(packaged_conf() / group / "default.yaml")
    assert {str(key) for key in shipped} == {each.name for each in parameters(OPTIONS[group])}


def test_the_top_level_has_exactly_these_keys() -> None:
    shipped = OmegaConf.load(packaged_conf() / "config.yaml")
    assert {str(key) for key in shipped} - {"defaults"} == {each.name for each in parameters(Run)}


def test_every_shipped_option_is_valid() -> None:
    groups = ("cell", "optimizer", "scheduler", "callbacks", "backbone")
    # Composing takes a while: every option once, one of each group at a time.
    for chosen in zip_longest(*(options(group) for group in groups)):
        overrides = [f"{group}={name}" for group, name in zip(groups, chosen, strict=True) if name]
        late = ["scheduler.total_steps=10"] if "scheduler=one_cycle" in overrides else []
        validate(compose([*overrides, *late]))
