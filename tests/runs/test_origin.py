import pytest

from rnnlab.errors import StorageError
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.json_files import read_json, write_json
from rnnlab.runs.origin import Origin, origin_tags


@pytest.fixture
def pair(tmp_path):
    """Return the folders of a run and of one made from it."""
    folders = [RunFolder(tmp_path / name) for name in ("parent", "child")]
    for folder in folders:
        folder.path.mkdir()
    return folders


@pytest.mark.parametrize("kind", ["further", "reproduction"])
def test_the_parent_is_named_in_the_tags_of_mlflow(pair, kind):
    parent, child = pair
    write_json(parent.path / "mlflow.json", {"uri": "http://h", "run_id": "abc"})
    Origin(kind, parent).write(child)
    assert origin_tags(child) == {
        f"rnnlab.{kind}_of": str(parent.path),
        "mlflow.parentRunId": "abc",
    }
    assert origin_tags(parent) == {}


@pytest.mark.parametrize("link", [None, {"uri": "http://h", "run_id": None}])
def test_a_parent_that_mlflow_does_not_know(pair, link):
    parent, child = pair
    if link is not None:
        write_json(parent.path / "mlflow.json", link)
    Origin("further", parent).write(child)
    assert origin_tags(child) == {"rnnlab.further_of": str(parent.path)}
    assert read_json(child.origin)["mlflow_run_id"] is None


def test_the_tags_do_not_need_the_parent_any_more(pair):
    parent, child = pair
    Origin("further", parent).write(child)
    parent.path.rmdir()
    assert origin_tags(child) == {"rnnlab.further_of": str(parent.path)}


def test_a_damaged_origin_is_one_line(pair):
    pair[1].origin.write_text("[]")
    with pytest.raises(StorageError, match=r"origin\.json: cannot be read"):
        origin_tags(pair[1])
