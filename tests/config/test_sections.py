from __future__ import annotations

from omegaconf import DictConfig, OmegaConf

from rnnlab.config import schema
from rnnlab.config.compose import compose, load
from rnnlab.config.sections import COMPONENTS, Section, callback_nodes, sections
from rnnlab.errors import ConfigError

COMPOSED = compose()


def found(cfg: DictConfig) -> tuple[dict[str, Section], list[str]]:
    mistakes: list[ConfigError] = []
    parts = {section.key: section for section in sections(cfg, mistakes)}
    return parts, [str(mistake) for mistake in mistakes]


def changed(key: str, value: object) -> DictConfig:
    cfg = OmegaConf.create(OmegaConf.to_container(COMPOSED))
    assert isinstance(cfg, DictConfig)
    OmegaConf.update(cfg, key, value, merge=False, force_add=True)
    return cfg


def test_every_part_of_the_default_config_is_a_section() -> None:
    parts, mistakes = found(COMPOSED)
    assert mistakes == []
    assert {"", *schema.OPTIONS, *COMPONENTS} - {"sweep"} <= set(parts)
    assert "sweep" in found(load([]))[0]  # no run has it
    assert set(parts[""].names) >= set(map(str, COMPOSED))


def test_what_rnnlab_fills_in_is_no_key() -> None:
    parts, _ = found(COMPOSED)
    assert "input_size" not in parts["cell"].names
    assert "cell" not in parts["backbone"].names
    assert "params" not in parts["optimizer"].names
    assert {"_target_", "hidden_size", "forget_bias"} == set(parts["cell"].names)


def test_paths_are_dotted_below_the_top() -> None:
    parts, _ = found(COMPOSED)
    assert parts[""].path("seed") == "seed"
    assert parts["cell"].path("hidden_size") == "cell.hidden_size"


def test_a_learning_rate_has_a_range_that_torch_does_not_declare() -> None:
    parts, _ = found(COMPOSED)
    (rate,) = [item for item in parts["optimizer"].parameters if item.name == "lr"]
    assert rate.refusal(-1.0)
    assert rate.refusal(float("nan"))
    assert rate.refusal(0.1) is None


def test_a_scheduler_takes_its_interval_and_not_its_optimizer() -> None:
    node = {"_target_": "torch.optim.lr_scheduler.StepLR", "step_size": 3}
    parts, mistakes = found(changed("scheduler", node))
    assert mistakes == []
    names = parts["scheduler"].names
    assert {"interval", "step_size", "gamma"} <= set(names)
    assert "optimizer" not in names


def test_each_callback_is_a_section_of_its_own() -> None:
    node = {"timer": {"_target_": "pytorch_lightning.callbacks.Timer"}}
    cfg = changed("callbacks", node)
    assert list(callback_nodes(cfg, [])) == ["timer"]
    assert "duration" in found(cfg)[0]["callbacks.timer"].names


def test_parts_that_are_missing_or_no_mapping_are_mistakes() -> None:
    assert found(changed("task", None))[1] == ["task: is missing"]
    assert found(changed("trainer", 3))[1] == ["trainer=3: must be a mapping"]
    assert found(changed("cell._target_", "rnnlab.cells.lstm.Nope"))[1] == [
        "cell._target_=rnnlab.cells.lstm.Nope: does not exist"
    ]
