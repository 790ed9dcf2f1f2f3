import shutil
from pathlib import Path

import pytest
import torch

from rnnlab.errors import ConfigError, StorageError
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.initial_weights import load_initial_weights, weights_sha256
from rnnlab.runs.json_files import read_json, write_json
from rnnlab.runs.resume import resume
from rnnlab.runs.train import train
from rnnlab.training.module import TrainingModule

ONE_EPOCH = ["trainer.max_epochs=1", "trainer.limit_train_batches=2"]


class PowerCut(Exception):
    pass


@pytest.fixture
def started(monkeypatch):
    """Collect the weights that each training begins with."""
    seen, real = [], TrainingModule.training_step

    def training_step(self, batch, index):
        if self.global_step == 0:
            seen.append({name: w.clone() for name, w in self.model.state_dict().items()})
        return real(self, batch, index)

    monkeypatch.setattr(TrainingModule, "training_step", training_step)
    return seen


@pytest.fixture
def texts(small, tmp_path):
    """Return overrides of a classifier of texts, given its words and its labels."""

    def write(words, labels):
        file = tmp_path / f"{'_'.join([*words, *labels])}.csv"
        # Texts differ by a word of their own, which is too rare for the vocabulary.
        rows = [
            f"{word} rare{place}{label}{i},{label}"
            for place, word in enumerate(words)
            for label in labels
            for i in range(30 - 10 * place)
        ]
        file.write_text("\n".join(["text,label", *rows]))
        return [*small, "dataset=csv_text", f"dataset.path={file}", "dataset.text=text",
                "dataset.label=label", "task.embedding_size=4", *ONE_EPOCH]  # fmt: skip

    return write


def best(folder, name="best.ckpt"):
    content = torch.load(folder.checkpoints / name, weights_only=True)["state_dict"]
    return {name.removeprefix("model."): tensor for name, tensor in content.items()}


def assert_same(found, expected, names):
    assert names
    for name in names:
        assert torch.equal(found[name], expected[name]), name


def test_a_run_starts_from_the_best_weights_of_another(small, started, capsys):
    source = train([*small, "name=source"])
    folder = train([*small, "name=new", "seed=1", "init_from=source", *ONE_EPOCH])
    assert_same(started[1], best(source), best(source).keys())
    assert not torch.equal(started[0]["head.weight"], started[1]["head.weight"])
    report = read_json(folder.path / "init.json")
    assert report["source"] == "digits_rows/source"
    assert report["checkpoint"] == "best.ckpt"
    assert report["weights_sha256"] == weights_sha256(best(source))
    assert report["loaded"] == {name: list(w.shape) for name, w in best(source).items()}
    assert report["not_loaded"] == {}
    count = len(best(source))
    line = f"initial weights from digits_rows/source: {count} of {count} tensors"
    assert f"{line}\n" in capsys.readouterr().out
    assert line in folder.log.read_text()
    assert_same(best(folder, "init.ckpt"), best(source), best(source).keys())


def test_of_another_vocabulary_and_other_classes_the_backbone_alone_is_taken(
    texts, started, capsys
):
    source = train([*texts(["red", "blue"], ["x", "y"]), "name=source"])
    overrides = texts(["red", "green"], ["x", "z"])
    train([*overrides, "name=scratch"])
    folder = train([*overrides, "name=new", f"init_from={source.path}"])
    report = read_json(folder.path / "init.json")
    theirs = ["embed.features.weight", "head.weight", "head.bias"]
    assert list(report["not_loaded"]) == theirs
    assert_same(started[2], started[1], theirs)
    assert_same(started[2], best(source), report["loaded"])
    assert {name.partition(".")[0] for name in report["loaded"]} == {"backbone"}
    out = capsys.readouterr().out
    assert "not loaded: embed.features.weight other input vocabulary: 3 is 'green' there" in out
    for name in (*report["loaded"], *theirs):
        assert name in folder.log.read_text()


def test_of_other_sizes_nothing_is_taken_and_nothing_is_made(small, tmp_path):
    train([*small, "name=source", *ONE_EPOCH])
    with pytest.raises(
        ConfigError, match=r"^init_from=source: nothing of that run fits this model: [^\n]*only he"
    ):
        train([*small, "backbone=window_mlp", "name=new", "init_from=source"])
    assert not (tmp_path / "outputs/digits_rows/new").exists()


def test_it_is_resumed_before_its_first_checkpoint_though_the_source_is_gone(
    small, monkeypatch, tmp_path, started
):
    source = train([*small, "name=source", *ONE_EPOCH])
    expected = best(source)
    real = TrainingModule.training_step

    def cut(self, batch, index):
        raise PowerCut

    monkeypatch.setattr(TrainingModule, "training_step", cut)
    with pytest.raises(PowerCut):
        train([*small, "name=new", "seed=1", "init_from=last"])
    monkeypatch.setattr(TrainingModule, "training_step", real)
    shutil.rmtree(source.path)
    folder = resume("new", Path("outputs"))
    assert_same(started[-1], expected, expected.keys())
    assert read_json(folder.result)["steps"] == 8


def test_a_run_with_a_checkpoint_goes_on_from_that(small, monkeypatch, tmp_path):
    train([*small, "name=source", *ONE_EPOCH])
    real = TrainingModule.training_step

    def cut(self, batch, index):
        if self.global_step == 4:
            raise PowerCut
        return real(self, batch, index)

    overrides = [*small, "seed=1", "init_from=source"]
    whole = train([*overrides, "name=whole"])
    monkeypatch.setattr(TrainingModule, "training_step", cut)
    with pytest.raises(PowerCut):
        train([*overrides, "name=cut"])
    monkeypatch.setattr(TrainingModule, "training_step", real)
    resumed = resume("cut", Path("outputs"))
    assert_same(best(resumed, "last.ckpt"), best(whole, "last.ckpt"), best(whole))


def test_the_weights_count_in_the_fingerprint_and_not_where_they_lie(small, tmp_path):
    source = train([*small, "name=source", *ONE_EPOCH])
    other = train([*small, "name=other", "seed=1", *ONE_EPOCH])
    shutil.copytree(source.path, tmp_path / "copy")
    manifests = {
        name: read_json(train([*small, *ONE_EPOCH, f"name={name}", *extra]).manifest)
        for name, extra in {
            "scratch": [],
            "one": [f"init_from={source.path}"],
            "copied": [f"init_from={tmp_path}/copy"],
            "from_other": [f"init_from={other.path}"],
        }.items()
    }
    fingerprints = {name: manifest["fingerprint"] for name, manifest in manifests.items()}
    assert fingerprints["one"] == fingerprints["copied"]
    assert len(set(fingerprints.values())) == 3
    settings = {name: manifest["setting"] for name, manifest in manifests.items()}
    # Replicates may start from replicates; whether they start from something is the setting.
    assert settings["one"] == settings["copied"] == settings["from_other"] != settings["scratch"]


def test_the_hash_is_of_names_types_shapes_and_values():
    weights = {"a": torch.zeros(2, 3), "b": torch.ones((), dtype=torch.bfloat16)}
    others = [
        {**weights, "a": torch.zeros(3, 2)},
        {**weights, "a": torch.zeros(2, 3, dtype=torch.int32)},
        {**weights, "a": torch.ones(2, 3)},
        {"c": weights["a"], "b": weights["b"]},
    ]
    assert weights_sha256(dict(reversed(weights.items()))) == weights_sha256(weights)
    assert len({weights_sha256(each) for each in (weights, *others)}) == 5


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("nobody", r"^init_from=nobody: no such run in .*; valid: last, source$"),
        ("source", r"^init_from=source: the run has no checkpoint yet; train it first$"),
    ],
)
def test_a_run_that_gives_no_weights_is_one_line(small, tmp_path, value, message):
    source = train([*small, "name=source", *ONE_EPOCH])
    shutil.rmtree(source.checkpoints)
    with pytest.raises(ConfigError, match=message):
        train([*small, "name=new", f"init_from={value}"])
    assert not (tmp_path / "outputs/digits_rows/new").exists()


def test_a_run_does_not_start_from_itself(small):
    source = train([*small, "name=source", *ONE_EPOCH])
    last = read_json(source.path / "status.json")
    with pytest.raises(ConfigError, match=r"^init_from=last: is the run's own folder$"):
        train([*small, "name=source", "init_from=last"])
    assert read_json(source.path / "status.json") == last


def test_a_torn_checkpoint_is_one_line(small, tmp_path):
    source = train([*small, "name=source", *ONE_EPOCH])
    file = source.checkpoints / "best.ckpt"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(StorageError, match=r"best.ckpt: is not a whole checkpoint: [^\n]+$"):
        train([*small, "name=new", "init_from=source"])
    assert not (tmp_path / "outputs/digits_rows/new").exists()


def test_the_list_is_an_artifact(tmp_path):
    class Logger:
        artifacts: list[Path] = []  # noqa: RUF012

        def log_artifact(self, path):
            self.artifacts.append(path)

    folder = RunFolder(tmp_path)
    model, logger = torch.nn.Linear(2, 1), Logger()
    load_initial_weights(folder, model, logger)
    assert logger.artifacts == []
    folder.checkpoints.mkdir()
    given = {"model.weight": torch.ones(1, 2), "model.bias": torch.ones(5)}
    torch.save({"state_dict": given}, folder.checkpoints / "init.ckpt")
    why = {"bias": "(1,) there (5,)"}
    report = {"source": "e/n", "loaded": {"weight": [1, 2]}, "not_loaded": why}
    write_json(folder.path / "init.json", report)
    before = model.bias.clone()
    load_initial_weights(folder, model, logger)
    assert logger.artifacts == [folder.path / "init.json"]
    assert torch.equal(model.weight, torch.ones(1, 2))
    assert torch.equal(model.bias, before)
