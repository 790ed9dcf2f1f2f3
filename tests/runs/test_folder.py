import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.errors import ConfigError, Interrupted, Refused, StorageError
from rnnlab.runs.folder import RunFolder, Status, create, find, read_json, write_json


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


def test_find_by_folder_name_prefix_run_id_and_last(tmp_path, monkeypatch):
    first, second = (
        make_run(tmp_path, "20260101-brave-otter"),
        make_run(tmp_path, "20260102-x", "b"),
    )
    write_json(first.path / "mlflow.json", {"uri": "http://host", "run_id": "abc123"})
    os.utime(first.config, (1, 1))
    assert find(str(first.path), tmp_path) == first
    assert find("20260101-brave-otter", tmp_path) == first
    assert find("20260101", tmp_path) == first
    assert find("abc1", tmp_path) == first
    assert find("last", tmp_path) == second
    monkeypatch.chdir(tmp_path)
    assert find("demo/20260101-brave-otter", tmp_path / "elsewhere") == first


def test_find_says_what_there_is(tmp_path):
    with pytest.raises(ConfigError, match="there is no run"):
        find("last", tmp_path)
    make_run(tmp_path, "one-a")
    make_run(tmp_path, "one-b")
    with pytest.raises(
        ConfigError, match="more than one run begins like this; valid: one-a, one-b"
    ):
        find("one", tmp_path)
    with pytest.raises(ConfigError, match="no such run"):
        find("two", tmp_path)


@pytest.mark.parametrize("run", ["", "x" * 5000, "~nobody_of_this_name", "*", "..", "a\0b"])
def test_what_is_no_name_of_a_run_finds_none(tmp_path, monkeypatch, run):
    make_run(tmp_path, "one")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="no such run"):
        find(run, tmp_path)


def test_a_link_out_of_the_folder_of_runs_is_followed_only_by_its_path(tmp_path):
    outputs, elsewhere = tmp_path / "outputs", tmp_path / "elsewhere"
    make_run(elsewhere, "sent")
    (outputs / "demo").mkdir(parents=True)
    link = outputs / "demo" / "linked"
    link.symlink_to(elsewhere / "demo" / "sent")
    for name in ("linked", "link", "last"):
        with pytest.raises(Refused, match=f"RUN={name}: is a link that leads out of"):
            find(name, outputs)
    assert find(str(link), outputs).path == link


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


def test_broken_json_is_a_storage_error(tmp_path):
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(StorageError, match="cannot be read"):
        read_json(tmp_path / "x.json")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=8,
)


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(st.text(), json_values))
def test_json_round_trip(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("json") / "x.json"
    write_json(path, content)
    assert read_json(path) == content
    assert [p.name for p in path.parent.iterdir()] == ["x.json"]
    assert json.loads(path.read_text(encoding="utf-8")) == content


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


def test_a_signal_in_the_middle_of_a_file_leaves_no_draft(tmp_path, monkeypatch):
    path = tmp_path / "file.json"
    write_json(path, {"a": 1})

    def interrupt(number):
        raise Interrupted(15)

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(Interrupted):
        write_json(path, {"a": 2})
    assert read_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]
