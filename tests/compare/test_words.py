from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.compare.comparison import Comparison, compare_runs
from rnnlab.compare.words import passages
from tests.compare.conftest import Make


def said(comparison: Comparison) -> dict[str, tuple[str, ...]]:
    return {passage.heading: passage.lines for passage in passages(comparison)}


@pytest.fixture
def three(run: Make, outputs: Path) -> Path:
    """Write gru and rnn, which are alike, and lstm, which is far above both."""
    noise = (0.0, 0.01, 0.005, -0.01)
    for seed, (first, second) in enumerate(zip(noise, reversed(noise), strict=True)):
        run(seed, 0.5 + first, cell="gru")
        run(seed, 0.501 + second, cell="rnn")
        run(seed, 0.9 + first / 2, cell="lstm")
    return outputs


def test_what_is_established_and_what_is_not(three: Path) -> None:
    best, established, open_ = said(compare_runs([three])).items()
    assert best[0] == "Best"
    assert best[1][0].startswith("cell=lstm has the best mean of test/accuracy, 0.9006 [0.89")
    assert best[1][0].endswith("] over 4 seeds")
    assert best[1][1] == (
        "all 3 intervals lie beyond the best baseline, majority at 0.1, each taken alone"
    )
    assert established[0] == "Established (at 5%, Holm's correction for 3 tests)"
    assert [line.partition(":")[0] for line in established[1]] == [
        "cell=lstm is better than cell=gru",
        "cell=lstm is better than cell=rnn",
    ]
    assert ": higher by 0.3994 [0.3" in established[1][0]
    assert established[1][0].endswith("paired over 4 seeds")
    assert open_[0] == "Not established with these seeds"
    (line,) = open_[1]
    assert line.startswith("cell=rnn and cell=gru: 0.001 [-0.0")
    assert line.endswith("paired over 4 seeds; about 656 seeds would be needed")


def test_every_pair_is_in_one_passage(three: Path) -> None:
    comparison = compare_runs([three])
    lines = [line for heading, several in said(comparison).items() if heading != "Best"
             for line in several]  # fmt: skip
    assert len(lines) == len(comparison.pairs) == 3


def test_lower_is_said_where_it_is_better(three: Path) -> None:
    lines = said(compare_runs([three], better="lower"))
    assert lines["Best"][0].startswith("cell=gru has the best mean")
    (established,) = (several for heading, several in lines.items() if "Established (" in heading)
    assert established[0].startswith("cell=gru is better than cell=lstm: lower by 0.39")
    assert lines["Best"][1] == "no interval lies beyond the best baseline, majority at 0.1"


def test_better_is_not_said_where_nobody_knows(run: Make, outputs: Path) -> None:
    for seed in (0, 1, 2):
        run(seed, 1.0 + seed / 10, cell="gru", metric="elo", mode=None)
        run(seed, 9.0 + seed / 9, cell="lstm", metric="elo", mode=None)
    lines = said(compare_runs([outputs]))
    assert lines["Best"] == (
        "cell=gru has the lowest mean of test/elo, 1.1 [0.8516, 1.348] over 3 seeds",
    )
    (established,) = lines["Established (at 5%, one test)"]
    assert established.startswith("cell=gru is lower than cell=lstm by 8.011 [")


def test_one_seed_each(run: Make, outputs: Path) -> None:
    run(0, 0.5)
    run(0, 0.7, cell="lstm")
    lines = said(compare_runs([outputs]))
    assert lines["Best"][0].endswith("0.7 with one seed, which has no interval")
    assert lines["Best"][1].startswith("there is one seed of each: no interval and no test")
    assert lines["Cannot be compared"] == (
        "cell=lstm and cell=gru, 0.2 apart: one replicate is shared, and one value of each",
    )


def test_one_setting(run: Make, outputs: Path) -> None:
    for seed in (0, 1):
        run(seed, seed / 10 + 0.5)
    lines = said(compare_runs([outputs]))
    assert list(lines) == ["Best"]
    assert lines["Best"][1] == "there is one setting: nothing to compare it with"


def test_unpaired_and_constant_and_equal(run: Make, outputs: Path) -> None:
    for seed in range(3):
        run(seed, 0.1 * seed, cell="gru")
        run(seed, 0.1 * seed, cell="same")
        run(seed, 0.1 * seed + 0.5, cell="above")
        run(seed + 7, 0.1 * seed + 0.15, cell="other")
    lines = "\n".join(
        line for several in said(compare_runs([outputs])).values() for line in several
    )
    assert "unpaired, Welch's test: no replicate is shared; about " in lines
    assert " seeds of each would be needed" in lines
    assert "sign test over 3 seeds: the same difference on all of them" in lines
    assert "sign test over 3 seeds: equal on all of them; no number of them shows" in lines


def test_some_intervals_reach_the_baseline(run: Make, outputs: Path) -> None:
    for seed in (0, 1, 2):
        run(seed, 0.9 + seed / 100, cell="gru")
        run(seed, 0.1 + seed / 100, cell="lstm")
    (_, second) = said(compare_runs([outputs]))["Best"]
    assert second == (
        "1 of 2 intervals lie beyond the best baseline, majority at 0.1; those of cell=lstm do not"
    )
