import os

import pytest

from rnnlab.errors import ConfigError, Refused
from rnnlab.runs.finding import find
from rnnlab.runs.folder import create
from rnnlab.runs.json_files import write_json


def make_run(output_dir, name, experiment="demo"):
    folder = create(output_dir, experiment, name)
    folder.config.write_text("seed: 0\n")
    return folder


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
