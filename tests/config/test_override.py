import pytest
from omegaconf import OmegaConf

from rnnlab.config.override import override
from rnnlab.errors import ConfigError


@pytest.fixture
def cfg():
    return OmegaConf.create({"dataset": {"path": "a.csv", "split_seed": 0}, "seed": 1})


def test_values_change_in_a_copy(cfg):
    changed = override(cfg, ["dataset.path='b, c=d.csv'", "seed=7"])
    assert changed.dataset.path == "b, c=d.csv"
    assert changed.seed == 7
    assert cfg.dataset.path == "a.csv"


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("dataset.pth=b", "dataset.pth: there is no such key to change; did you mean path"),
        ("nothing.x=1", "no such key"),
        ("dataset.path", "is not KEY=VALUE"),
        ("~dataset.path", "no such key"),
        ("seed=1,2", "no such key"),
    ],
)
def test_what_cannot_be_changed_is_refused(cfg, item, message):
    with pytest.raises(ConfigError, match=message):
        override(cfg, [item])
