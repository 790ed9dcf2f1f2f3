from __future__ import annotations

import json
import math
import resource
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.errors import StorageError
from rnnlab.tracking.points import Point, PointsFile, decode, encode, read_from, read_points

POINTS = st.builds(
    Point,
    st.text(max_size=20),
    st.floats(),
    st.integers(0, 2**40),
    st.none() | st.integers(0, 10**6),
    st.integers(0, 2**42),
)


def same(a: Point, b: Point) -> bool:
    """Equal, with NaN equal to NaN and 0.0 unlike -0.0."""
    return repr(a) == repr(b)


@settings(deadline=None, max_examples=200)
@given(POINTS)
def test_a_line_gives_back_its_point_and_is_strict_json(point: Point) -> None:
    line = encode(point)
    assert line.count(b"\n") == 1
    assert same(decode(line), point)

    def refuse(text: str) -> float:
        raise AssertionError(f"{text} is not JSON")

    assert json.loads(line, parse_constant=refuse)["step"] == point.step


@settings(deadline=None, max_examples=30)
@given(st.lists(POINTS, max_size=30), st.integers(0, 30))
def test_the_first_of_each_name_and_step_is_kept_in_order(
    tmp_path_factory: pytest.TempPathFactory, points: list[Point], cut: int
) -> None:
    path = tmp_path_factory.mktemp("run") / "metrics.jsonl"
    for part in (points[:cut], points[cut:]):
        file = PointsFile(path)
        file.append(part)
        file.close()
    first: dict[tuple[str, int], Point] = {}
    for point in points:
        first.setdefault((point.name, point.step), point)
    kept = read_points(path)
    assert len(kept) == len(first)
    assert all(map(same, kept, first.values()))


def test_a_torn_last_line_is_dropped_on_opening(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    whole = encode(Point("loss", 1.0, 0, None, 5))
    path.write_bytes(whole + encode(Point("loss", 2.0, 1, None, 6))[:-7])
    assert [p.step for p in read_points(path)] == [0]
    file = PointsFile(path)
    assert path.read_bytes() == whole
    assert file.append([Point("loss", 3.0, 1, None, 7)]) == 1
    assert [p.value for p in read_points(path)] == [1.0, 3.0]
    file.close()


def test_offsets_lead_to_the_rest_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    file = PointsFile(path)
    file.append(Point("loss", float(i), i, None, i) for i in range(5))
    file.close()
    ends = [end for _, end in read_from(path, 0)]
    assert ends[-1] == path.stat().st_size
    assert [p.step for p, _ in read_from(path, ends[1])] == [2, 3, 4]


def test_a_line_that_is_no_point_is_named(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(encode(Point("loss", 1.0, 0, None, 5)) + b'{"name": 3}\n')
    with pytest.raises(StorageError, match=r"metrics\.jsonl: before byte .*not a point"):
        read_points(path)
    with pytest.raises(StorageError, match="not a point"):
        PointsFile(path)


def test_no_file_holds_no_points(tmp_path: Path) -> None:
    assert read_points(tmp_path / "metrics.jsonl") == []


def test_last_step_is_the_largest_below_a_prefix(tmp_path: Path) -> None:
    file = PointsFile(tmp_path / "metrics.jsonl")
    assert file.last_step("system/") is None
    for name, step in [("system/a", 0), ("system/b", 4), ("system/a", 3), ("loss", 9)]:
        file.append([Point(name, math.pi, step, None, 0)])
    assert file.last_step("system/") == 4
    file.close()


def test_a_full_disk_leaves_no_torn_line_and_the_point_can_be_written_later(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    file = PointsFile(path)
    file.append([Point("loss", 1.0, 0, None, 0)])
    size = path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, hard))
    try:
        with pytest.raises(StorageError, match="cannot write"):
            file.append([Point("loss", 2.0, 1, None, 0)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.stat().st_size == size
    assert file.append([Point("loss", 2.0, 1, None, 0)]) == 1
    assert [p.step for p in read_points(path)] == [0, 1]
    file.close()
