import os
from pathlib import Path

import pytest

from rnnlab.errors import ConfigError, StorageError
from rnnlab.runs.folder import RunFolder, Status, create


def make_run(output_dir, name, experiment="demo"):
    folder = create(output_dir, experiment, name)
    folder.config.write_text("seed: 0\n")
    return folder


def test_create_makes_a_named_folder(tmp_path):
    folder = create(tmp_path, "demo", "first")
    assert folder.path == tmp_path / "demo" / "first"
    assert folder.path.is_dir()


def test_create_without_name_makes_different_ones(tmp_path):
    assert create(tmp_path, "demo", None).path != create(tmp_path, "demo", None).path


def test_taken_name_is_refused_and_the_run_kept(tmp_path):
    folder = make_run(tmp_path, "first")
    with pytest.raises(ConfigError, match="name=first: a run of that name exists"):
        create(tmp_path, "demo", "first")
    assert folder.config.exists()


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "../x", "a\0b", "x" * 300, "é" * 128, ".hidden", "a\nb", "-x"]
)
def test_hostile_names_are_refused(tmp_path, name):
    with pytest.raises(ConfigError, match="cannot be a folder name"):
        create(tmp_path, "demo", name)
    assert list(tmp_path.iterdir()) == []


def test_output_dir_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="output_dir"):
        create(tmp_path / "file", "demo", "x")


def test_status_keeps_earlier_times(tmp_path):
    folder = create(tmp_path, "demo", "x")
    assert folder.read_status() == {}
    folder.write_status(Status.RUNNING)
    folder.write_status(Status.FAILED, "why")
    status = folder.read_status()
    assert (status["status"], status["cause"]) == ("FAILED", "why")
    assert set(status["times"]) == {"RUNNING", "FAILED"}


def test_an_output_dir_that_cannot_be(tmp_path):
    with pytest.raises(ConfigError, match="output_dir="):
        create(tmp_path / "a\0b", "demo", "x")
    with pytest.raises(ConfigError, match="output_dir="):
        create(Path("~nobody_of_this_name"), "demo", "x")


def test_a_read_only_output_dir(tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    if os.access(locked, os.W_OK):
        pytest.skip("this user may write to any folder")
    with pytest.raises(StorageError, match="Permission denied"):
        create(locked, "demo", "x")


def test_layout(tmp_path):
    folder = RunFolder(tmp_path)
    names = [folder.config, folder.manifest, folder.spec, folder.metrics, folder.result, folder.log]
    assert [path.name for path in names] == [
        "config.yaml", "manifest.json", "spec.json", "metrics.jsonl", "result.json", "log.txt",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content", ["{}", "[]", '{"input": 5, "target": [], "aligned": 1, "stream": 1, "next_step": 1}']
)
def test_a_specification_that_is_none(tmp_path, content):
    folder = make_run(tmp_path, "x")
    folder.spec.write_text(content)
    with pytest.raises(StorageError, match=r"spec\.json: "):
        folder.read_spec()
