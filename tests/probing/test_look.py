from __future__ import annotations

import math
import os

import pytest

from rnnlab.errors import StorageError
from rnnlab.probing.flow import flow_of
from rnnlab.probing.look import Look, append_look, decode, encode, read_looks

GATES = {"rnn": {"forget": {"low": 0.0, "high": 1.0, "counts": [1, 2], "mean": 0.5,
                            "below": 0.1, "above": 0.0}}}  # fmt: skip


def look(epoch, curve=(1.0, 0.5)):
    return Look(epoch, 10 * epoch, 0.25, "last", {"rnn": {"h": flow_of(curve)}}, GATES)


def test_a_look_comes_back_as_it_was():
    assert decode(encode(look(3))) == look(3)


def test_json_has_no_infinity():
    line = encode(look(1, [1.0, math.inf]))
    assert "Infinity" not in line
    flow = decode(line).flows["rnn"]["h"]
    assert math.isnan(flow.curve[1])
    assert flow.verdict == "exploding"


def test_the_later_of_two_looks_at_an_epoch_counts(tmp_path):
    path = tmp_path / "diagnostics" / "flow.jsonl"
    assert read_looks(path) == []
    for each in (look(0), look(2), look(1), look(2, [1.0, 0.1])):
        append_look(path, each)
    assert read_looks(path) == [look(0), look(1), look(2, [1.0, 0.1])]


def test_a_torn_line_is_left_out_and_swallows_nothing(tmp_path):
    path = tmp_path / "flow.jsonl"
    append_look(path, look(0))
    with path.open("a") as file:
        file.write(encode(look(1))[:40])
    append_look(path, look(2))
    assert [each.epoch for each in read_looks(path)] == [0, 2]


@pytest.mark.parametrize("line", ["", "[]", "{}", "1", '{"epoch": "1"}', encode(look(1))[:60]])
def test_what_is_no_look(line):
    with pytest.raises(StorageError, match="no look"):
        decode(line)


def test_a_disk_that_refuses(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StorageError, match="cannot write"):
        append_look(blocked / "flow.jsonl", look(0))
    os.mkfifo(tmp_path / "other")
    with pytest.raises(StorageError, match="cannot read"):
        read_looks(tmp_path)
