from __future__ import annotations

import json
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.errors import StorageError
from rnnlab.tracking.points import (
    Point,
    PointsFile,
    decode,
    encode,
    ends_at_a_line,
    has_whole_line,
    read_from,
    read_points,
)

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


def test_a_file_stays_whole_when_its_writer_is_killed(tmp_path: Path) -> None:
    """Every writer logs its step with a name more each time, from where the last one stopped."""
    path, random = tmp_path / "metrics.jsonl", Random(3)
    code = (
        "import sys; from pathlib import Path; from rnnlab.tracking.points import *;"
        "file = PointsFile(Path(sys.argv[1])); last = file.last_step('a'); print(flush=True)\n"
        "step = 0 if last is None else last\n"
        "while True:\n"
        "    names = ['a' * (i + 1) for i in range(step % 50 + 1)]\n"
        "    file.append(Point(name, step / 3, step, None, step) for name in names)\n"
        "    step += 1\n"
    )
    for _ in range(12):
        process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(random.uniform(0, 0.03))
        process.kill()
        process.wait()
        process.stdout.close()
        # What a power failure leaves of a line, or a kill in the middle of a long write.
        with path.open("ab") as raw:
            raw.write(encode(Point("torn", 1.0, 0, None, 0))[: random.randrange(40)])
    PointsFile(path).close()
    raw_lines = path.read_bytes().split(b"\n")
    assert raw_lines.pop() == b""
    points = [decode(line) for line in raw_lines]
    assert len(points) > 100
    assert len({(p.name, p.step) for p in points}) == len(points)
    assert {p.step for p in points if p.name == "a"} == set(range(max(p.step for p in points) + 1))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB; skipped where nobody may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("a small disk needs the right to mount")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_disk_that_is_full_for_a_while(small_disk: Path) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(bytes(50_000))
    path = small_disk / "metrics.jsonl"
    file = PointsFile(path)
    batches = [[Point(n, 0.1, step, None, step) for n in "abcde"] for step in range(100)]
    written = 0
    with pytest.raises(StorageError, match="No space left"):
        for batch in batches:
            file.append(batch)
            written += 1
    assert 0 < written < 100
    assert read_points(path) == [point for batch in batches[:written] for point in batch]
    assert path.read_bytes().endswith(b"\n")
    filler.unlink()
    for batch in batches:
        file.append(batch)
    assert read_points(path) == [point for batch in batches for point in batch]
    file.close()


def test_a_signal_in_the_middle_of_writing_leaves_no_half_line(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    file = PointsFile(path)
    file.append([Point("loss", 1.0, 0, None, 0)])
    real = file._file

    class Interrupting:
        def write(self, lines: bytes) -> int:
            real.write(lines[:20])
            raise KeyboardInterrupt

        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

    file._file = Interrupting()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        file.append([Point("loss", 2.0, 1, None, 0)])
    file._file = real
    assert file.append([Point("loss", 2.0, 1, None, 0)]) == 1
    assert [p.step for p in read_points(path)] == [0, 1]
    file.close()


def test_a_file_that_is_closed_is_a_storage_error(tmp_path: Path) -> None:
    file = PointsFile(tmp_path / "metrics.jsonl")
    file.close()
    with pytest.raises(StorageError, match="it is closed"):
        file.append([Point("loss", 2.0, 1, None, 0)])


@pytest.mark.parametrize("kind", ["link", "directory", "pipe"])
def test_what_is_no_regular_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "metrics.jsonl"
    if kind == "link":
        (tmp_path / "elsewhere").touch()
        path.symlink_to(tmp_path / "elsewhere")
    elif kind == "directory":
        path.mkdir()
        with pytest.raises(StorageError, match="cannot read"):
            read_points(path)
    else:
        os.mkfifo(path)
    with pytest.raises(StorageError, match=r"metrics\.jsonl: not a regular file") as caught:
        PointsFile(path)
    assert caught.value.exit_code == 4
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "junk",
    [
        b"\0" * 4096,
        b"\xff\xfe",
        b"null",
        b"[" * 100_000,
        b'{"name": 3, "value": 1, "step": 1, "epoch": null, "timestamp": 1}',
        b'{"name": "a", "value": 1, "step": "1", "epoch": null, "timestamp": 1}',
        b'{"name": "a", "value": 1, "step": 1e3, "epoch": null, "timestamp": 1}',
        b'{"name": "a", "value": 1, "step": 9223372036854775808, "epoch": 0, "timestamp": 1}',
        b'{"name": "a", "value": [], "step": 1, "epoch": null, "timestamp": 1}',
    ],
    ids=range(9),
)
def test_junk_in_the_middle_is_one_clear_line_and_changes_nothing(
    tmp_path: Path, junk: bytes
) -> None:
    path = tmp_path / "metrics.jsonl"
    good = encode(Point("loss", 1.0, 0, None, 5))
    path.write_bytes(good + junk + b"\n" + good)
    before = path.read_bytes()
    for read in (PointsFile, read_points):
        with pytest.raises(StorageError, match=r"before byte \d+: not a point") as caught:
            read(path)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 600
    assert path.read_bytes() == before


def test_offsets_that_a_shorter_file_no_longer_has(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    assert not ends_at_a_line(path, 5)
    assert not has_whole_line(path, 0)
    line = encode(Point("loss", 1.0, 0, None, 5))
    path.write_bytes(line + line[:5])
    size = len(line)
    asked = (0, size - 1, size, size + 5, size + 100)
    assert [ends_at_a_line(path, byte) for byte in asked] == [True, False, True, False, False]
    assert [has_whole_line(path, byte) for byte in (0, size, size + 100)] == [True, False, False]
