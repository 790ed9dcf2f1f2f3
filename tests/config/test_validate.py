from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf

from rnnlab.config.compose import compose
from rnnlab.config.validate import validate
from rnnlab.errors import ConfigError, ConfigErrors, DataError, Refused

COMPOSED = compose()


def changed(**values: object) -> DictConfig:
    """The default config with dotted keys changed, as in a file edited by hand."""
    cfg: DictConfig = OmegaConf.create(OmegaConf.to_container(COMPOSED))  # type: ignore[assignment]
    for key, value in values.items():
        OmegaConf.update(cfg, key.replace("__", "."), value, force_add=True)
    return cfg


def mistakes(**values: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        validate(changed(**values))
    return str(caught.value).splitlines()


def test_the_default_is_valid() -> None:
    validate(COMPOSED)


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("trainer__batch_size", 0, "trainer.batch_size=0: must be >= 1"),
        ("trainer__batch_size", "x", "trainer.batch_size=x: must be an integer >= 1"),
        ("trainer__batch_size", None, "trainer.batch_size=null: must be an integer >= 1"),
        ("trainer__batch_size", "???", "trainer.batch_size: is required: an integer >= 1"),
        (
            "trainer__preempt_grace",
            float("inf"),
            "trainer.preempt_grace=inf: must be > 0 and <= 86400",
        ),
        ("trainer__gradient_clip_val", 0.0, "trainer.gradient_clip_val=0.0: must be > 0"),
        ("trainer__truncate_steps", 0, "trainer.truncate_steps=0: must be >= 1"),
        (
            "trainer__devices",
            "two",
            "trainer.devices=two: must be an integer >= 1 or a list of integers or one of auto",
        ),
        ("seed", -1, "seed=-1: must be >= 0 and <= 4294967295"),
        ("optimizer__lr", -0.1, "optimizer.lr=-0.1: must be >= 0 and < inf"),
        ("optimizer__lr", float("nan"), "optimizer.lr=nan: must be a number >= 0 and < inf"),
        ("optimizer__eps", float("nan"), "optimizer.eps=nan: must be a number"),
        ("optimizer__betas", [0.9], "optimizer.betas=[0.9]: must be a list of 2 numbers"),
        ("cell__hidden_size", 0, "cell.hidden_size=0: must be >= 1"),
        ("cell__hidden_size", 2.5, "cell.hidden_size=2.5: must be an integer >= 1"),
        ("backbone__dropout", 1.0, "backbone.dropout=1.0: must be >= 0 and < 1"),
        ("scheduler", None, "scheduler: is missing"),
        ("tracking", 3, "tracking=3: must be a mapping"),
        ("callbacks__x", 3, "callbacks.x=3: must be a mapping"),
        ("cell___target_", "rnnlab.nope.X", "cell._target_=rnnlab.nope.X: does not exist"),
    ],
)
def test_a_wrong_value_is_one_line(key: str, value: object, line: str) -> None:
    assert mistakes(**{key: value}) == [line]


@pytest.mark.parametrize(
    ("key", "value", "near"),
    [
        ("trainer__accelerator", "cuda0", "cuda"),
        ("trainer__precision", "32-treu", "32-true"),
    ],
)
def test_a_wrong_choice_names_the_nearest(key: str, value: str, near: str) -> None:
    (line,) = mistakes(**{key: value})
    assert line.startswith(
        f"{key.replace('__', '.')}={value}: is not a choice; did you mean {near}?"
    )


@pytest.mark.parametrize(
    ("key", "start"),
    [
        (
            "trainer__max_epoch",
            "trainer.max_epoch: is not a key of trainer; did you mean trainer.max",
        ),
        ("trianer", "trianer: is not a key of the config; did you mean trainer?; valid: "),
        (
            "cell__hiden_size",
            "cell.hiden_size: is not a key of cell; did you mean cell.hidden_size?",
        ),
        ("optimizer__lrr", "optimizer.lrr: is not a key of optimizer; did you mean optimizer.lr?"),
    ],
)
def test_an_unknown_key_names_the_nearest(key: str, start: str) -> None:
    (line,) = mistakes(**{key: 1})
    assert line.startswith(start)
    assert "_target_" not in line


def test_keys_that_are_left_out_need_a_default() -> None:
    cfg = changed()
    del cfg.cell["forget_bias"]
    validate(cfg)
    del cfg.trainer["max_epochs"]
    with pytest.raises(ConfigError, match=r"^trainer.max_epochs: is required: an integer >= -1$"):
        validate(cfg)


def test_all_mistakes_are_reported_together() -> None:
    with pytest.raises(ConfigErrors) as caught:
        validate(changed(trainer__batch_size=0, optimizer__lr=-1.0, cell__hidden_size="x", zzz=1))
    assert [error.key for error in caught.value.errors] == [
        "zzz",
        "trainer.batch_size",
        "cell.hidden_size",
        "optimizer.lr",
    ]


def test_a_data_path_must_exist(tmp_path: Path) -> None:
    cfg = compose(["dataset=csv_series", f"dataset.path={tmp_path}/no.csv", "dataset.column=x"])
    with pytest.raises(DataError, match=r"^dataset.path=.*/no.csv: no such file$"):
        validate(cfg)
    (tmp_path / "no.csv").write_text("x\n1\n")
    validate(cfg)


def test_what_must_be_given_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^dataset.path: is required: a text$"):
        validate(compose(["dataset=csv_series", "dataset.column=x"]))


def test_an_unset_environment_variable_is_named_and_a_set_one_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("RNNLAB_TEST", raising=False)
    assert mistakes(name="${oc.env:RNNLAB_TEST}") == [
        "name=${oc.env:RNNLAB_TEST}: Environment variable 'RNNLAB_TEST' not found"
    ]
    monkeypatch.setenv("RNNLAB_TEST", "secret")
    assert mistakes(trainer__batch_size="${oc.env:RNNLAB_TEST}") == [
        "trainer.batch_size=${oc.env:RNNLAB_TEST}: must be an integer >= 1"
    ]


def test_a_target_elsewhere_is_refused() -> None:
    with pytest.raises(Refused):
        validate(changed(cell___target_="os.system"))


def test_schedulers_and_callbacks_are_checked_too() -> None:
    cfg = compose(["scheduler=step", "callbacks=rich_model_summary"])
    validate(cfg)
    cfg.scheduler.interval = "day"
    cfg.callbacks.rich_model_summary.max_depth = "deep"
    with pytest.raises(ConfigErrors) as caught:
        validate(cfg)
    assert [error.key for error in caught.value.errors] == [
        "scheduler.interval",
        "callbacks.rich_model_summary.max_depth",
    ]
