import pytest
from omegaconf import OmegaConf

from rnnlab.config.compose import compose
from rnnlab.runs.assemble import assemble
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.json_files import write_json
from rnnlab.runs.record import final_points, manifest_of, run_logger
from tests.runs.conftest import SMALL


def test_scores_and_baselines_have_names_of_their_own():
    result = {
        "scores": {"train": {"loss": 1.0}, "val": {"loss": 2.0}, "test": {"loss": 3.0, "mae": 4.0}},
        "baselines": {"mean": {"loss": 5.0}, "persistence": {"mae": 6.0}},
    }
    # The validation score of the best epoch was logged when it was measured.
    assert final_points(result) == {
        "final/train/loss": 1.0,
        "final/test/loss": 3.0,
        "final/test/mae": 4.0,
        "baseline/mean/loss": 5.0,
        "baseline/persistence/mae": 6.0,
    }


def test_replicates_share_the_setting_and_not_the_fingerprint():
    one, other, larger = (
        manifest_of(assemble(compose([*SMALL, *overrides])))
        for overrides in (["seed=1"], ["seed=2"], ["seed=1", "cell.hidden_size=9"])
    )
    assert (one["seed"], other["seed"]) == (1, 2)
    assert one["setting"] == other["setting"] != larger["setting"]
    assert len({manifest["fingerprint"] for manifest in (one, other, larger)}) == 3
    assert one["data_sha256"] == larger["data_sha256"]
    assert set(one["plugins"]) == {"rnnlab"} or one["plugins"] == {}


@pytest.mark.parametrize("git", [{}, {"commit": "abc", "dirty": True}])
def test_tags_say_what_the_manifest_says(tmp_path, monkeypatch, git):
    told = {}

    class Told:
        def __init__(self, folder, **options):
            told.update(options, folder=folder)

    monkeypatch.setattr("rnnlab.runs.record.RunLogger", Told)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    folder = RunFolder(tmp_path / "outputs/experiment/run")
    manifest = {
        "fingerprint": "f", "setting": "s", "data_sha256": "d", "git": git,
        "plugins": {"p": {"version": "1", "sha256": "a" * 64}}, "plugins_since": [],
    }  # fmt: skip
    folder.path.mkdir(parents=True)
    write_json(
        folder.path / "init.json", {"source": "pretraining/one", "loaded": {}, "not_loaded": {}}
    )
    config = compose([*SMALL, "cell.hidden_size=7"])
    run_logger(folder, config, manifest)
    assert told["uri"] == f"sqlite:///{tmp_path}/outputs/mlflow.db"
    assert (told["folder"], told["run_name"]) == (folder.path, "run")
    assert told["params"] == OmegaConf.to_container(config)
    tags = {
        "rnnlab.fingerprint": "f",
        "rnnlab.setting": "s",
        "rnnlab.folder": str(folder.path),
        "rnnlab.data_sha256": "d",
        "rnnlab.init_from": "pretraining/one",
        "rnnlab.plugin.p": f"1 {'a' * 12}",
    }
    if git:
        tags |= {"mlflow.source.git.commit": "abc", "rnnlab.git.dirty": "True"}
    assert told["tags"] == tags


def test_configs_of_plugins_are_named_and_no_part_of_what_is_computed(
    install, small, tmp_path, monkeypatch
):
    plain = manifest_of(assemble(compose(small)))
    assert plain["configs_from_plugins"] == {}
    text = "# @package _global_\ndefaults:\n  - override /cell: lstm\n"
    files = {"music/__init__.py": "", "music/conf/experiment/mine.yaml": text}
    install("rnnlab-music", {"conf": {"music": "music.conf"}}, files)
    found = manifest_of(assemble(compose([*small, "experiment=mine"])))
    (said,) = found["configs_from_plugins"].values()
    assert list(found["configs_from_plugins"]) == ["experiment/mine"]
    assert said.startswith("rnnlab-music 1.0 ")
    assert found["fingerprint"] == plain["fingerprint"]
