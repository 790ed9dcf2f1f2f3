from __future__ import annotations

import pytest
from omegaconf import OmegaConf

from rnnlab.config.check import checked, examined
from rnnlab.config.compose import compose
from rnnlab.config.schema import Sweep
from rnnlab.config.sweeping import concerns_several, take_out
from rnnlab.errors import ConfigError
from rnnlab.plugins.conf import packaged_conf
from rnnlab.plugins.signature import parameters


@pytest.mark.parametrize(
    "key",
    ["seeds", "sweep", "+sweep.params.cell", "~sweep", "sweep@x", "executor", "executor.kind"],
)
def test_keys_about_several_runs(key: str) -> None:
    assert concerns_several(key)


@pytest.mark.parametrize("key", ["seed", "sweeps", "cell.sweep", "", "trainer.seeds"])
def test_keys_of_a_run(key: str) -> None:
    assert not concerns_several(key)


@pytest.mark.parametrize("make", [compose, checked])
def test_one_run_has_nothing_of_it(make) -> None:
    cfg = make(["cell=gru"])
    assert not {"sweep", "seeds", "executor"} & {*cfg, *cfg.choices}
    with pytest.raises(ConfigError) as caught:
        make(["sweep=architectures", "seeds=5", "cell=nope"])
    lines = str(caught.value).splitlines()
    assert lines[:2] == [
        "sweep=architectures: is for several runs; add -m",
        "seeds=5: is for several runs; add -m",
    ]
    assert lines[2].startswith("cell=nope: is not an option")


def test_one_of_several_has_it_until_it_is_taken_out() -> None:
    cfg, mistakes = examined(["sweep=learning_rate", "seeds=2"], several=True)
    assert mistakes == []
    assert cfg is not None
    assert (cfg.seeds, cfg.choices.sweep) == (2, "learning_rate")
    take_out(cfg)
    assert cfg == checked()
    take_out(cfg)
    assert OmegaConf.is_struct(cfg)


def test_the_schema_has_the_defaults_of_the_file_for_configs_without_it() -> None:
    shipped = OmegaConf.to_container(OmegaConf.load(packaged_conf() / "sweep" / "default.yaml"))
    assert shipped == {each.name: getattr(Sweep(), each.name) for each in parameters(Sweep)}
