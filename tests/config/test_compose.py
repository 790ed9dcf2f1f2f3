from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf
from omegaconf.errors import ConfigAttributeError

from rnnlab.config.compose import choices, compose
from rnnlab.config.options import options
from rnnlab.config.validate import validate
from rnnlab.errors import ConfigError, ConfigErrors


def lines(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        compose(overrides)
    return str(caught.value).splitlines()


def own_file(folder: Path, name: str, text: str) -> None:
    path = folder / "conf" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_default_is_complete_and_says_what_was_chosen() -> None:
    cfg = compose()
    assert choices(cfg)["cell"] == "lstm"
    assert choices(cfg)["experiment"] is None
    assert not [group for group in choices(cfg) if group.startswith("hydra")]
    assert "hydra" not in cfg
    assert cfg.cell._target_ == "rnnlab.cells.lstm.LSTM"
    assert cfg.experiment_name == choices(cfg)["dataset"]


def test_groups_and_values_are_overridden_and_typed() -> None:
    cfg = compose(["cell=gru", "cell.hidden_size=7", "backbone.dropout=0", "trainer.patience=3"])
    assert cfg.cell._target_.endswith(".GRU")
    assert cfg.cell.hidden_size == 7
    assert isinstance(cfg.backbone.dropout, float)


def test_whole_numbers_become_reals_where_reals_are_meant() -> None:
    cfg = compose(["trainer.gradient_clip_val=1", "tracking.system_interval=5"])
    assert isinstance(cfg.trainer.gradient_clip_val, float)
    assert isinstance(cfg.tracking.system_interval, float)
    assert isinstance(cfg.trainer.max_epochs, int)


def test_a_variant_changes_the_defaults_of_its_class() -> None:
    cfg = compose(["cell=irnn"])
    assert (cfg.cell.nonlinearity, cfg.cell.recurrent_init) == ("relu", "identity")
    assert cfg.cell._target_.endswith(".RNN")


def test_an_experiment_gives_its_name_and_choices() -> None:
    cfg = compose(["experiment=adding", "cell=lstm", "seed=3"])
    assert cfg.experiment_name == "adding"
    assert (choices(cfg)["dataset"], choices(cfg)["cell"]) == ("adding", "lstm")
    assert compose(["experiment_name=mine"]).experiment_name == "mine"


def test_the_config_file_is_self_contained(tmp_path: Path) -> None:
    cfg = compose(["scheduler=cosine"])
    assert cfg.scheduler.T_max == cfg.trainer.max_epochs
    OmegaConf.save(cfg, tmp_path / "config.yaml")
    again = OmegaConf.load(tmp_path / "config.yaml")
    assert again == cfg
    validate(again)  # type: ignore[arg-type]


def test_the_environment_stays_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_URI", "http://me:password@host")
    cfg = compose(["tracking.uri=${oc.env:SECRET_URI}", "name=${tracking.uri}"])
    text = OmegaConf.to_yaml(cfg)
    assert "password" not in text
    assert "uri: ${oc.env:SECRET_URI}" in text
    assert cfg.tracking.uri == "http://me:password@host"


def test_unknown_keys_cannot_be_set_afterwards() -> None:
    with pytest.raises(ConfigAttributeError):
        compose().trainer.max_epoch = 3


def test_a_mistyped_choice() -> None:
    assert lines("cell=lstmm") == [
        f"cell=lstmm: is not an option; did you mean lstm?; valid: {', '.join(options('cell'))}"
    ]


def test_a_mistyped_key() -> None:
    assert lines("cell.hidden_sise=3") == [
        (
            "cell.hidden_sise: is not a key of cell; did you mean cell.hidden_size?; "
            "valid: forget_bias, hidden_size"
        )
    ]
    (line,) = lines("trainr.max_epochs=3")
    assert line.startswith("trainr: is not a key of the config; did you mean trainer?; valid: ")
    assert "cell," in line


SEVERAL = "names several values where one run needs one; for a run of each, add -m"


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("cell.hidden_size=abc", "cell.hidden_size=abc: must be an integer"),
        ("cell.forget_bias=abc", "cell.forget_bias=abc: must be a number"),
        ("backbone.bidirectional=2.5", "backbone.bidirectional=2.5: must be true or false"),
        ("cell.hidden_size=null", "cell.hidden_size: must not be null"),
        ("cell.hidden_size", "cell.hidden_size: has no value; write cell.hidden_size=VALUE"),
        ("seed=${nope}", "seed: Interpolation key 'nope' not found"),
        ("~cell.nope", "~cell.nope: Could not delete from config. 'cell.nope' does not exist."),
        ("seed=1,2", f"seed=1,2: {SEVERAL}"),
        ("seed=choice(1,2)", f"seed=choice(1,2): {SEVERAL}"),
    ],
)
def test_a_mistake_is_one_line(override: str, line: str) -> None:
    assert lines(override) == [line]


@pytest.mark.parametrize("override", ["cell.x=[1,", "=3", "cell=[", "a b"])
def test_broken_syntax_is_one_line(override: str) -> None:
    (line,) = lines(override)
    assert line.startswith(override)


@pytest.mark.parametrize("value", ["null", "3", "{a: 1}", "0.5"])
def test_a_choice_that_is_no_name(value: str) -> None:
    (line,) = lines(f"trainer={value}")
    assert line == f"trainer={value}: is not an option; valid: ddp_cpu, default"


def test_all_mistakes_are_reported_together() -> None:
    with pytest.raises(ConfigErrors) as caught:
        compose(["cell=lstmm", "trainer.max_epoch=3", "cell.anything=1", "seed", "task=nope"])
    keys = [str(error).partition(":")[0] for error in caught.value.errors]
    # What is below a group with an unknown choice cannot be judged.
    assert sorted(keys) == ["cell=lstmm", "seed", "task=nope", "trainer.max_epoch"]


def test_an_unknown_option_inside_an_experiment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_file(
        tmp_path,
        "experiment/mine.yaml",
        "# @package _global_\ndefaults: [{override /cell: grru}]\n",
    )
    monkeypatch.chdir(tmp_path)
    (line,) = lines("experiment=mine")
    assert line.startswith(
        "cell=grru: is not an option (in experiment/mine.yaml); did you mean gru?"
    )


def test_broken_yaml_names_file_and_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_file(tmp_path, "cell/mine.yaml", "hidden_size: 3\nforget: [1,\n")
    monkeypatch.chdir(tmp_path)
    (line,) = lines("cell=mine")
    assert "conf/cell/mine.yaml:3: broken YAML: " in line


def test_own_configs_come_first_and_may_build_on_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_file(tmp_path, "cell/wide.yaml", "defaults: [gru]\nhidden_size: 512\n")
    own_file(tmp_path, "optimizer/adam.yaml", "_target_: torch.optim.Adam\nlr: 0.5\n")
    monkeypatch.chdir(tmp_path)
    cfg = compose(["cell=wide"])
    assert (cfg.cell._target_, cfg.cell.hidden_size) == ("rnnlab.cells.gru.GRU", 512)
    assert cfg.optimizer.lr == 0.5


def test_a_strangers_cell_is_composed_with_types(stranger: Path) -> None:
    cfg = compose(["cell=leaky", "cell.rate=0", "callbacks=[rich_model_summary,quiet]"])
    assert cfg.cell._target_ == "stranger_cells.leaky.Leaky"
    assert isinstance(cfg.cell.rate, float)
    assert cfg.callbacks.quiet.volume == 0.5
    assert choices(cfg)["callbacks"] == ["rich_model_summary", "quiet"]
    validate(cfg)
    assert lines("cell=leaky", "cell.sizes=[1,a]") == ["cell.sizes[1]=a: must be an integer"]


def test_a_broken_plugin_hurts_only_when_selected(stranger: Path) -> None:
    compose(["cell=gru"])
    (line,) = lines("cell=broken")
    assert line.startswith("cell=broken: rnnlab-stranger 2.5 cannot be imported")
