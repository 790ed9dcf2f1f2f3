from __future__ import annotations

from itertools import zip_longest

import pytest
from omegaconf import OmegaConf

from rnnlab.config.check import examined
from rnnlab.config.compose import compose
from rnnlab.config.options import options
from rnnlab.config.schema import EXECUTORS, OPTIONS, Run
from rnnlab.config.validate import validate
from rnnlab.plugins.conf import packaged_conf
from rnnlab.plugins.signature import parameters


@pytest.mark.parametrize("group", OPTIONS)
def test_the_shipped_defaults_have_exactly_these_keys(group: str) -> None:
    shipped = OmegaConf.load(packaged_conf() / group / "default.yaml")
    assert {str(key) for key in shipped} == {each.name for each in parameters(OPTIONS[group])}


@pytest.mark.parametrize("kind", EXECUTORS)
def test_each_shipped_executor_has_exactly_the_keys_of_its_kind(kind: str) -> None:
    shipped = OmegaConf.load(packaged_conf() / "executor" / f"{kind}.yaml")
    assert {str(key) for key in shipped} == {each.name for each in parameters(EXECUTORS[kind])}
    cfg, mistakes = examined([f"executor={kind}"], several=True)
    assert (mistakes, cfg and cfg.executor.kind) == ([], kind)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (
            "executor.kind=spark",
            "executor.kind=spark: is no kind of executor; valid: local, ray, slurm",
        ),
        ("executor.cpus=2", "executor.cpus: is not a key of executor; valid: accelerators, kind"),
        ("executor.accelerators=all", "executor.accelerators=all: "),
    ],
)
def test_what_is_wrong_with_an_executor_is_told(item: str, message: str) -> None:
    _, (mistake,) = examined([item], several=True)
    assert str(mistake).startswith(message)


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
