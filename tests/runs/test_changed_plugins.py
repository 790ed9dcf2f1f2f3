"""Runs of a stranger's cell whose package is edited, upgraded or removed meanwhile."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from rnnlab.cli import main
from rnnlab.errors import Refused
from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.json_files import read_json, write_json
from rnnlab.runs.reproduce import reproduce
from rnnlab.runs.resume import resume
from rnnlab.runs.train import train

QUICK = ["cell=leaky", "trainer.max_epochs=1", "diagnostics.baselines=false", "trainer.threads=1"]


@pytest.fixture
def quick(small, stranger):
    return [*small, *QUICK]


@pytest.fixture
def cut(quick):
    """Return a run of that cell that was killed after its first epoch."""
    folder = train([*quick, "name=cut"])
    folder.write_status(Status.KILLED)
    return folder


def look_again():
    # What is installed is read once for each sys.path; the fixture puts it back.
    sys.path.append(f"/nothing-{len(sys.path)}")


def edit(stranger):
    source = stranger / "stranger_cells" / "leaky.py"
    source.write_text(source.read_text() + "# edited\n")


def upgrade(stranger, version="2.6"):
    (info,) = stranger.glob("*.dist-info")
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: rnnlab-stranger\nVersion: {version}\n"
    )
    info.rename(stranger / f"rnnlab_stranger-{version}.dist-info")
    look_again()


def remove(stranger):
    shutil.rmtree(next(stranger.glob("*.dist-info")))
    look_again()


def recorded(folder):
    return read_json(folder.manifest)


def test_manifest_and_fingerprint_know_the_plugin(quick, stranger):
    one, same = (recorded(train([*quick, f"name={name}"])) for name in ("one", "same"))
    assert set(one["plugins"]) == {"rnnlab-stranger"}
    plugin = one["plugins"]["rnnlab-stranger"]
    assert plugin["version"] == "2.5"
    assert len(plugin["sha256"]) == 64
    edit(stranger)
    other = recorded(train([*quick, "name=other"]))
    assert other["plugins"]["rnnlab-stranger"]["sha256"] != plugin["sha256"]
    for key in ("fingerprint", "setting"):
        assert one[key] == same[key] != other[key]


@pytest.mark.parametrize(
    ("change", "then", "now", "how"),
    [
        (edit, "2.5 {hash}", "2.5 ", "to go on all the same: rnnlab resume cut --allow-changed-pl"),
        (upgrade, "2.5 {hash}", "2.6 {hash}", "to go on all the same: rnnlab resume cut --allow-c"),
        (
            remove,
            "2.5 {hash}",
            "none",
            "the run needs it: allow it, or pip install rnnlab-",
        ),
    ],
)
@pytest.mark.parametrize("further", [False, True])
def test_a_changed_plugin_is_refused_in_one_line(
    cut, stranger, capsys, change, then, now, how, further
):
    more = []
    if further:
        cut.write_status(Status.FINISHED)
        more = ["trainer.max_epochs=2"]
    short = recorded(cut)["plugins"]["rnnlab-stranger"]["sha256"][:12]
    before = {path: path.read_bytes() for path in cut.path.rglob("*") if path.is_file()}
    change(stranger)
    capsys.readouterr()
    assert main(["resume", "cut", *more]) == 3
    (line,) = capsys.readouterr().err.splitlines()
    start = f"rnnlab: error: RUN=cut: plugin rnnlab-stranger: {then} then, {now}"
    assert line.startswith(start.format(hash=short))
    assert f" now; {how}" in line
    assert {path: path.read_bytes() for path in cut.path.rglob("*") if path.is_file()} == before
    assert [path.name for path in cut.path.parent.iterdir()] == ["cut"]


def test_what_is_gone_is_refused_even_if_changes_are_allowed(cut, stranger):
    remove(stranger)
    with pytest.raises(Refused, match=r"pip install rnnlab-stranger==2\.5"):
        resume("cut", Path("outputs"), allow_changed_plugins=True)


def test_another_distribution_of_the_same_class_is_a_change(cut, stranger):
    (info,) = stranger.glob("*.dist-info")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fork\nVersion: 1\n")
    info.rename(stranger / "fork-1.dist-info")
    look_again()
    with pytest.raises(Refused, match=r"plugin fork: none then, 1 .* all the same"):
        resume("cut", Path("outputs"))
    assert resume("cut", Path("outputs"), allow_changed_plugins=True) == cut


def test_an_unchanged_plugin_is_no_matter(cut):
    before = recorded(cut)
    resume("cut", Path("outputs"))
    assert recorded(cut)["plugins_since"] == []
    assert recorded(cut)["fingerprint"] == before["fingerprint"]


def test_a_run_that_went_on_with_a_changed_plugin_tells_both(cut, stranger):
    before = recorded(cut)
    edit(stranger)
    assert main(["resume", "cut", "--allow-changed-plugins"]) == 0
    after = recorded(cut)
    assert after["plugins"] == before["plugins"]
    (entry,) = after["plugins_since"]
    changed = entry["plugins"]["rnnlab-stranger"]["sha256"]
    assert changed != before["plugins"]["rnnlab-stranger"]["sha256"]
    (line,) = after["changed_since"]
    assert line.startswith("plugin rnnlab-stranger: 2.5 ")
    # It is neither the experiment that it was, nor that of the new plugin alone.
    assert after["setting"] != before["setting"]
    assert after["fingerprint"] != before["fingerprint"]
    # What it has gone on with is what it is compared with now.
    cut.write_status(Status.KILLED)
    resume("cut", Path("outputs"))
    assert recorded(cut) == after
    cut.write_status(Status.KILLED)
    edit(stranger)
    with pytest.raises(Refused, match=f"2.5 {changed[:12]} then"):
        resume("cut", Path("outputs"))


def test_a_run_trained_further_tells_of_the_plugins_of_its_beginning(quick, stranger):
    parent = train([*quick, "name=parent"])
    edit(stranger)
    child = resume("parent", Path("outputs"), ["trainer.max_epochs=2"], allow_changed_plugins=True)
    first, second = recorded(parent), recorded(child)
    assert second["plugins"] == first["plugins"]
    (entry,) = second["plugins_since"]
    whole = recorded(train([*quick, "name=whole", "trainer.max_epochs=2"]))
    assert entry["plugins"] == whole["plugins"]
    assert second["setting"] != whole["setting"]
    # And so does what is made from that.
    grandchild = resume(child.path.name, Path("outputs"), ["trainer.max_epochs=3"])
    assert recorded(grandchild)["plugins"] == first["plugins"]
    assert [item["plugins"] for item in recorded(grandchild)["plugins_since"]] == [whole["plugins"]]


def test_a_manifest_without_hashes_is_compared_by_version(cut, stranger):
    write_json(cut.manifest, {**recorded(cut), "plugins": {"rnnlab-stranger": "2.5"}})
    edit(stranger)
    resume("cut", Path("outputs"))
    assert recorded(cut)["plugins_since"] == []
    cut.write_status(Status.KILLED)
    upgrade(stranger)
    with pytest.raises(Refused, match=r"rnnlab-stranger: 2\.5 then, 2\.6 "):
        resume("cut", Path("outputs"))


@pytest.mark.parametrize(
    "arguments",
    [["evaluate", "cut"], ["predict", "cut", "--input=rows.jsonl", "--output=answers.jsonl"]],
)
def test_scores_and_answers_of_a_changed_plugin_come_with_a_warning(
    cut, stranger, capsys, arguments
):
    Path("rows.jsonl").write_text(json.dumps({"input": [[0.0] * 8] * 8}) + "\n")
    assert main(arguments) == 0
    assert capsys.readouterr().err == ""
    edit(stranger)
    assert main(arguments) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("rnnlab: warning: RUN=cut: plugin rnnlab-stranger: 2.5 ")
    remove(stranger)
    assert main(arguments) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("rnnlab: error: RUN=cut: plugin rnnlab-stranger: 2.5 ")
    assert line.endswith("pip install rnnlab-stranger==2.5")


def test_a_manifest_that_cannot_be_read_hinders_no_evaluation(cut, capsys):
    cut.manifest.write_text("{")
    assert main(["evaluate", "cut"]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("rnnlab: warning: it cannot be told whether a plugin has changed: ")


def test_a_reproduction_names_the_changed_plugin(quick, stranger):
    train([*quick, "name=one"])
    edit(stranger)
    found = reproduce("one", Path("outputs"))
    (line,) = found.drift
    assert line.startswith("plugin rnnlab-stranger: 2.5 ")
    assert found.differences == []
    remove(stranger)
    with pytest.raises(Refused, match=r"pip install rnnlab-stranger==2\.5"):
        reproduce("one", Path("outputs"))


def test_mlflow_is_told_of_both(quick, stranger, tmp_path):
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    folder = train([*quick, "name=shown", "tracking.enabled=true", f"tracking.uri={uri}"])
    short = [recorded(folder)["plugins"]["rnnlab-stranger"]["sha256"][:12]]

    def tags():
        run_id = read_json(folder.link)["run_id"]
        return MlflowClient(uri).get_run(run_id).data.tags

    assert tags()["rnnlab.plugin.rnnlab-stranger"] == f"2.5 {short[0]}"
    folder.write_status(Status.KILLED)
    edit(stranger)
    resume("shown", Path("outputs"), allow_changed_plugins=True)
    (entry,) = recorded(folder)["plugins_since"]
    short.append(entry["plugins"]["rnnlab-stranger"]["sha256"][:12])
    told = tags()
    assert told["rnnlab.plugin.rnnlab-stranger"] == f"2.5 {short[0]}, then 2.5 {short[1]}"
    assert told["rnnlab.setting"] == recorded(folder)["setting"]


def test_a_run_that_has_not_begun_has_nothing_to_compare(quick, stranger):
    folder = train([*quick, "name=one"])
    folder.manifest.unlink()
    folder.write_status(Status.KILLED)
    edit(stranger)
    assert resume("one", Path("outputs")) == RunFolder(folder.path)
