"""A run that is trained again from its folder, and what is said where it comes out otherwise."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from rnnlab.cli import main
from rnnlab.errors import ConfigError, StorageError
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.json_files import read_json, write_json
from rnnlab.runs.reproduce import reproduce
from rnnlab.runs.resume import resume
from rnnlab.runs.train import train
from rnnlab.training.checkpoint_files import write
from rnnlab.training.checkpoint_reading import read
from tests.runs.conftest import SMALL

QUICK = ["task.dropout=0.3", "trainer.max_epochs=1", "diagnostics.baselines=false"]
EQUAL = "equal to the last bit: every point, weights, optimizer, schedule, scores"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Return a finished run."""
    outputs = tmp_path_factory.mktemp("template")
    return train([*SMALL, *QUICK, "name=one", f"output_dir={outputs}"])


@pytest.fixture
def finished(template, tmp_path):
    """Return a copy of it of the test's own."""
    path = tmp_path / "outputs" / "digits_rows" / "one"
    shutil.copytree(template.path, path)
    return RunFolder(path)


def command(folder, capsys):
    """Return exit code and lines of ``rnnlab reproduce``."""
    code = main(["reproduce", str(folder.path), "--output-dir", str(folder.path.parents[1])])
    said = capsys.readouterr()
    return code, said.out.splitlines() + said.err.splitlines()


def test_the_same_comes_out_beside_the_run(finished, capsys):
    before = {path: path.read_bytes() for path in finished.path.rglob("*") if path.is_file()}
    code, lines = command(finished, capsys)
    second = finished.path.with_name("one-again")
    assert (code, lines) == (0, [str(second), EQUAL])
    assert {p: p.read_bytes() for p in finished.path.rglob("*") if p.is_file()} == before
    assert read_json(second / "origin.json")["kind"] == "reproduction"
    # Again, and that of a reproduction.
    assert reproduce(str(finished.path), finished.path.parents[1]).second.path.name == "one-again2"
    assert reproduce(str(second), finished.path.parents[1]).differences == []


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("packages", "torch"), "1.0", f"package torch: 1.0 then, {torch.__version__} now"),
        (("packages", "gone"), "3", "package gone: 3 then, none now"),
        (("data_sha256",), "0" * 64, "data hash: 000000000000 then, "),
        (("code_sha256",), "f" * 64, "rnnlab's code: ffffffffffff then, "),
        (("device",), "cuda", "device kind: cuda then, cpu now"),
        (("python",), "3.9.1", "python: 3.9.1 then, "),
    ],
)
def test_drift_is_named_and_alone_is_no_failure(finished, capsys, path, value, line):
    manifest = read_json(finished.manifest)
    node = manifest
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    write_json(finished.manifest, manifest)
    code, (_, *lines) = command(finished, capsys)
    assert code == 0
    assert len(lines) == 2
    assert lines[0].startswith(f"drifted: {line}")
    assert lines[1] == EQUAL


def test_a_plugin_that_is_gone_is_named_before_anything_is_trained(finished, capsys):
    manifest = read_json(finished.manifest)
    manifest["plugins"]["rnnlab-leaky"] = "2.5"
    write_json(finished.manifest, manifest)
    runs = list(finished.path.parent.iterdir())
    code, (line,) = command(finished, capsys)
    assert code == 3
    assert "plugin rnnlab-leaky: 2.5 then, none now; the run needs it" in line
    assert list(finished.path.parent.iterdir()) == runs


def test_the_kind_of_device_is_that_which_trained(small):
    folder = train([*small, *QUICK, "name=auto", "trainer.accelerator=auto"])
    kind = torch.device(read_json(folder.result)["device"]).type
    assert read_json(folder.manifest)["device"] == kind


def test_a_result_that_differs_is_exit_code_1(finished, capsys):
    content = read(finished.checkpoints / "last.ckpt")
    name, weight = next(iter(content["state_dict"].items()))
    weight.view(-1)[0] = torch.nextafter(weight.view(-1)[0], torch.tensor(9.0))
    write(content, finished.checkpoints / "last.ckpt")
    lines = finished.metrics.read_text().splitlines()
    point = json.loads(lines[0])
    point["value"] += 1
    finished.metrics.write_text("\n".join([json.dumps(point), *lines[1:], ""]))
    code, (_, *said) = command(finished, capsys)
    assert code == 1
    assert said[0].startswith(f"differs: 1 of {len(lines)} points differ, first {point['name']}")
    assert said[1:] == [f"differs: checkpoint: state_dict.{name} differ"]


def test_data_that_has_changed_is_named(small, tmp_path):
    data = tmp_path / "texts.csv"
    rows = [f"{'a' if n % 2 else 'b'} {'c' if n % 3 else 'd'} w{n},{n % 2}" for n in range(60)]
    data.write_text("\n".join(["text,label", *rows]))
    train(
        [*small[2:], "dataset=csv_text", "dataset.text=text", "dataset.label=label", *QUICK,
         f"dataset.path={data}", "task=many_to_one", "name=one", "cell.hidden_size=4"]
    )  # fmt: skip
    data.write_text("\n".join(["text,label", *rows[:-1], "b d w59,0"]))
    found = reproduce("one", Path("outputs"))
    assert [line.split(":")[0] for line in found.drift] == ["data hash"]
    assert found.differences
    shutil.rmtree(found.second.path)
    data.unlink()
    with pytest.raises(ConfigError, match=r"dataset\.path=.*texts\.csv: no such file"):
        reproduce("one", Path("outputs"))
    assert not found.second.path.exists()


def test_what_cannot_be_trained_here_leaves_no_folder(finished):
    config = OmegaConf.load(finished.config)
    config.trainer.devices, config.trainer.strategy = 4096, "ddp"
    OmegaConf.save(config, finished.config)
    with pytest.raises(ConfigError, match=r"trainer\.devices=4096: there are "):
        reproduce(str(finished.path), finished.path.parents[1])
    assert not finished.path.with_name("one-again").exists()


@pytest.mark.parametrize("threads", ["many", -1])
def test_threads_that_cannot_be_are_one_line(finished, threads):
    write_json(finished.manifest, {**read_json(finished.manifest), "threads": threads})
    with pytest.raises(ConfigError, match=f"trainer.threads={threads}: "):
        reproduce(str(finished.path), finished.path.parents[1])


def test_a_run_whose_manifest_does_not_tell_threads_or_device(finished):
    manifest = read_json(finished.manifest)
    del manifest["threads"], manifest["device"]
    write_json(finished.manifest, manifest)
    drift = reproduce(str(finished.path), finished.path.parents[1]).drift
    assert [line.partition(",")[0] for line in drift] == [
        "device kind: unknown then", "CPU threads: unknown then"
    ]  # fmt: skip


def test_runs_that_began_from_others_do_not_need_them(small):
    quick = [*small, *QUICK]
    source = train([*quick, "name=source", "seed=5"])
    parent = train([*quick, "name=parent", "init_from=source"])
    child = resume("parent", Path("outputs"), ["trainer.max_epochs=2"])
    for gone in (source, parent):
        kept = gone.path
        if gone is parent:
            assert reproduce("parent", Path("outputs")).differences == []
        shutil.rmtree(kept)
    found = reproduce(str(child.path), Path("outputs"))
    assert (found.differences, found.drift) == ([], [])
    assert found.second.path.name == "parent-further-again"
    # All of it stands alone: so does the reproduction's own.
    shutil.rmtree(child.path)
    assert reproduce(str(found.second.path), Path("outputs")).differences == []


def test_a_run_in_two_processes(small):
    run = [*small, *QUICK, "trainer=ddp_cpu", "name=two", "trainer.limit_train_batches=3"]
    train(run)
    found = reproduce("two", Path("outputs"))
    assert (found.differences, found.drift) == ([], [])


@pytest.mark.parametrize("status", ["CREATED", "FAILED", "KILLED", "PREEMPTED", "RUNNING"])
def test_what_has_not_finished_is_refused(finished, capsys, status):
    content = {**read_json(finished.path / "status.json"), "status": status, "host": "elsewhere"}
    write_json(finished.path / "status.json", content)
    code, lines = command(finished, capsys)
    why = "has not finished; only what was trained to its end can be compared"
    assert (code, lines) == (2, [f"rnnlab: error: RUN=one: {why}"])
    assert not finished.path.with_name("one-again").exists()


@pytest.mark.parametrize(
    "name", ["manifest.json", "result.json", "checkpoints/last.ckpt", "config.yaml"]
)
def test_a_folder_that_lacks_what_is_to_be_compared_is_one_line_before_training(
    finished, capsys, name
):
    (finished.path / name).unlink()
    code, lines = command(finished, capsys)
    assert len(lines) == 1
    assert code == (2 if name == "config.yaml" else 4)
    assert lines[0].startswith("rnnlab: error: ")
    assert not finished.path.with_name("one-again").exists()


def test_a_damaged_checkpoint_is_told_before_hours_of_training(finished):
    path = finished.checkpoints / "last.ckpt"
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(StorageError, match=r"last\.ckpt: is not a whole checkpoint"):
        reproduce(str(finished.path), finished.path.parents[1])
    with pytest.raises(ConfigError, match="no such run"):
        reproduce("one-again", finished.path.parents[1])


@pytest.mark.parametrize("name", ["result.json", "metrics.jsonl", "checkpoints/last.ckpt"])
def test_what_cannot_be_compared_is_not_trained_again(small, tmp_path, name, capsys):
    run = train([*small, "trainer.max_epochs=1", "diagnostics.baselines=false"])
    (run.path / name).write_text("garbage\n")
    before = sorted(run.path.parent.iterdir())
    assert main(["reproduce", str(run.path), "--output-dir", f"{tmp_path}/outputs"]) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("rnnlab: error: ")
    assert name in line
    assert sorted(run.path.parent.iterdir()) == before
