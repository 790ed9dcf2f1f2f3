from __future__ import annotations

import math
from pathlib import Path

import pytest

from rnnlab.compare import comparison
from rnnlab.compare.comparison import Baseline, compare_runs
from rnnlab.errors import ConfigError
from rnnlab.runs.folder import Status
from tests.compare.conftest import Make


def test_the_best_comes_first_and_what_has_no_value_last(run: Make, outputs: Path) -> None:
    for cell, value in (("lstm", 0.5), ("gru", 0.9), ("rnn", 0.7)):
        run(0, value, cell=cell)
    run(0, cell="jordan", status=Status.FAILED)
    found = compare_runs([outputs])
    assert [sample.label[0] for sample in found.samples.all] == ["gru", "rnn", "lstm", "jordan"]
    assert found.curve == "val/accuracy"


def test_low_is_first_where_low_is_better(run: Make, outputs: Path) -> None:
    for cell, value in (("lstm", 0.5), ("gru", 0.9)):
        run(0, value, cell=cell, metric="mae", mode="min")
    assert [sample.label[0] for sample in compare_runs([outputs]).samples.all] == ["lstm", "gru"]


def test_baselines_are_those_of_the_metric_best_first(run: Make, outputs: Path) -> None:
    for seed in (0, 1):
        run(seed, 0.5, baselines={"uniform": 0.1, "majority": 0.3})
    assert compare_runs([outputs]).baselines == (
        Baseline("majority", 0.3, 0.3, 0.3),
        Baseline("uniform", 0.1, 0.1, 0.1),
    )
    assert compare_runs([outputs], metric="val/accuracy").baselines == ()


def test_baselines_may_depend_on_what_was_varied(run: Make, outputs: Path) -> None:
    run(0, 0.5, dataset__window=12, baselines={"majority": 0.2}, data="a")
    run(0, 0.5, dataset__window=24, baselines={"majority": 0.4}, data="b")
    (baseline,) = compare_runs([outputs]).baselines
    assert (baseline.value, baseline.low, baseline.high) == (pytest.approx(0.3), 0.2, 0.4)
    assert not baseline.constant


def remarks(outputs: Path) -> tuple[str, ...]:
    return compare_runs([outputs]).remarks


def test_where_all_is_well_nothing_is_remarked(run: Make, outputs: Path) -> None:
    run(0)
    run(0, cell="lstm")
    assert remarks(outputs) == ()


def test_what_a_search_has_pruned_is_left_out_and_counted(run: Make, outputs: Path) -> None:
    run(0, cell="lstm")
    for size in (1, 2):
        run(0, cell__hidden_size=size, status=Status.PRUNED)
    found = compare_runs([outputs])
    assert len(found.samples.all) == 1
    (said,) = found.remarks
    assert said.startswith("2 of 3 runs were pruned by the search and left out: what is left")
    assert all(not sample.missing for sample in found.samples.all)


def test_where_all_were_pruned_nothing_has_finished(run: Make, outputs: Path) -> None:
    run(0, status=Status.PRUNED)
    with pytest.raises(ConfigError, match="none of the 1 there are has finished"):
        compare_runs([outputs])


def test_unfinished_runs_are_told(run: Make, outputs: Path) -> None:
    run(0, cell="lstm")
    run(0)
    run(1, status=Status.FAILED)
    run(2, status=Status.RUNNING)
    run(1, cell="lstm", status=Status.FAILED)
    (said,) = remarks(outputs)
    assert said == (
        "3 of 5 runs have not finished (2 FAILED, 1 RUNNING): cell=lstm seed 1; cell=gru seeds 1, 2"
    )


def test_a_long_list_is_cut(run: Make, outputs: Path) -> None:
    run(0)
    for cell in "abcde":
        run(0, cell=cell, status=Status.KILLED)
    (said,) = remarks(outputs)
    assert said.endswith("cell=a seed 0; cell=b seed 0; cell=c seed 0 and 2 more settings")


def test_values_that_are_not_finite_are_told(run: Make, outputs: Path) -> None:
    run(0)
    run(1, math.nan)
    run(0, math.inf, cell="lstm")
    (said,) = remarks(outputs)
    assert said == (
        "2 finished runs have no finite test/accuracy and cannot be averaged, so that what is left "
        "looks better than it is: cell=gru seed 1; cell=lstm seed 0"
    )


def test_runs_without_the_metric_are_told(run: Make, outputs: Path) -> None:
    run(0)
    run(1, None)
    (said,) = remarks(outputs)
    assert said.startswith("1 finished run has no test/accuracy: ")


def test_damaged_repeated_and_other_data_are_told(run: Make, outputs: Path) -> None:
    run(0, dataset__window=1, data="a")
    run(0, dataset__window=1, data="a")
    run(0, dataset__window=2, data="b")
    damaged = run(3)
    damaged.result.write_text("{")
    broken, repeated, data = remarks(outputs)
    assert broken.startswith(f"1 run cannot be read: {damaged.result}: cannot be read: ")
    assert repeated == "1 run does not count: a later run has the same setting and seed"
    assert data.startswith("the runs do not all have the same data")


def test_a_direction_that_nobody_knows_is_told(run: Make, outputs: Path) -> None:
    run(0, metric="elo", mode=None)
    (said,) = remarks(outputs)
    assert said.startswith("nobody has said whether test/elo is to be low or high; --better lower")


def test_nothing_to_compare(run: Make, outputs: Path, tmp_path: Path) -> None:
    outputs.mkdir()
    with pytest.raises(ConfigError, match=f"^there is no finished run in {outputs}$"):
        compare_runs([outputs])
    run(0, status=Status.FAILED)
    with pytest.raises(ConfigError, match="none of the 1 there are has finished"):
        compare_runs([outputs])
    run(1).result.write_text("{")
    with pytest.raises(ConfigError, match=r"can be compared; 1 cannot be read: .*result\.json"):
        compare_runs([outputs])


def test_nothing_finite(run: Make, outputs: Path) -> None:
    run(0, math.nan)
    with pytest.raises(ConfigError, match="none of the 1 finished runs has a finite value"):
        compare_runs([outputs])


def test_of_too_many_settings_none_is_tested(
    run: Make, outputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for cell in ("gru", "lstm", "rnn"):
        run(0, cell=cell)
    assert len(compare_runs([outputs]).pairs) == 3
    monkeypatch.setattr(comparison, "MOST_TESTED", 2)
    found = compare_runs([outputs])
    assert found.pairs == ()
    assert found.remarks[-1].startswith("3 settings make 3 pairs, too many to be told apart")


def test_nothing_is_written(run: Make, outputs: Path) -> None:
    run(0)
    run(1, status=Status.RUNNING)
    before = {path: path.stat().st_mtime_ns for path in outputs.rglob("*")}
    compare_runs([outputs])
    assert {path: path.stat().st_mtime_ns for path in outputs.rglob("*")} == before
