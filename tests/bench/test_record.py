from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from rnnlab.bench.record import Measured, Record, check_writable, read, spread
from rnnlab.bench.size import Size
from rnnlab.errors import ConfigError


def test_a_file_holds_everything(record: Record, tmp_path: Path) -> None:
    record.results[0].measured.append(Measured("scan", "engine", trouble="is not affine"))
    path = tmp_path / "out.json"
    record.write(path, regrets=[{"regret": 0.0}])
    again = read([path], "cells")
    assert math.isnan(again.results[0].measured.pop().first_seconds)
    record.results[0].measured.pop()
    assert again == record
    plain = json.loads(path.read_text(), parse_constant=pytest.fail)  # no NaN: it is no JSON
    summary = plain["results"][0]["measured"][1]["summary"]["forward_backward"]
    assert summary["median"] == pytest.approx(0.004)
    assert plain["regrets"] == [{"regret": 0.0}]
    assert plain["results"][0]["size"] == "32,20,32"


def test_several_files_are_one_measurement_and_the_later_counts(
    record: Record, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    lstm, gru = record.results
    record.results = [lstm]
    record.write(first)
    lstm.parameters, record.remarks = 7, ["jax is left out"]
    record.results = [gru, lstm]
    record.write(second)
    found = read([first, second], "cells")
    assert [(item.cell, item.parameters) for item in found.results] == [("lstm", 7), ("gru", 100)]
    assert found.remarks == ["keras is left out", "jax is left out"]


def test_files_of_two_machines_are_not_mixed(record: Record, tmp_path: Path) -> None:
    paths = [tmp_path / "a.json", tmp_path / "b.json"]
    for path in paths:
        record.write(path)
        record.machine["threads"] = 64
    with pytest.raises(ConfigError, match=r"b\.json: is of another machine than .*: threads diff"):
        read(paths, "cells")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "cannot be read"),
        ("{}", "was not written by rnnlab bench auto --json"),
        ('{"rnnlab_bench": 1, "verb": "cells"}', "was not written by rnnlab bench auto --json"),
        ('{"rnnlab_bench": 1, "verb": "auto"}', "is incomplete: KeyError"),
        (
            '{"rnnlab_bench": 1, "verb": "auto", "machine": {}, "setting": {}, "remarks": 3}',
            "is incomplete: TypeError",
        ),
    ],
)
def test_another_file_is_refused(content: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match=f"--from=.*x.json: {why}"):
        read([path], "auto")


def test_of_finds_what_was_measured(record: Record) -> None:
    result = record.results[0]
    found = result.of("loop")
    assert found is not None
    assert found.seconds == pytest.approx(0.004)
    found.trouble = "broke"
    assert result.of("loop") is None
    assert result.of("nothing") is None
    assert result.size == Size(32, 20, 32)


def test_spread_is_median_and_quartiles() -> None:
    assert spread([5.0, 1.0, 2.0, 3.0, 4.0]) == {"median": 3, "q1": 2, "q3": 4, "count": 5}
    assert spread([7.0]) == {"median": 7, "q1": 7, "q3": 7, "count": 1}


def test_a_place_that_cannot_be_written_is_refused_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_writable(None, "--json")
    check_writable(tmp_path / "new.json", "--json")
    check_writable(tmp_path / "new.svg", "--plot", [".png", ".svg"])
    assert not list(tmp_path.iterdir())
    for path, why in (
        (tmp_path, "is a folder"),
        (tmp_path / "no" / "x.json", "there is no folder"),
    ):
        with pytest.raises(ConfigError, match=f"--json=.*: {why}"):
            check_writable(path, "--json")
    with pytest.raises(ConfigError, match=r"--plot=.*: is no kind of picture; valid: \.png, \.svg"):
        check_writable(tmp_path / "x.gif", "--plot", [".png", ".svg"])
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ConfigError, match=r"--json=.*: cannot be written"):
        check_writable(tmp_path / "new.json", "--json")
