import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.errors import Interrupted, StorageError
from rnnlab.runs.json_files import read_json, write_json


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
