from __future__ import annotations

import math
from pathlib import Path

from rnnlab.compare.comparison import compare_runs
from rnnlab.compare.plots.points import Curve, curve
from rnnlab.compare.sample import Sample
from tests.compare.conftest import Make


def only(outputs: Path, by: tuple[str, ...] = ()) -> Sample:
    return compare_runs([outputs], by=by).samples.all[0]


def test_the_mean_and_spread_over_seeds(run: Make, outputs: Path) -> None:
    run(0, curve={1: 1.0, 2: 2.0})
    run(1, curve={1: 3.0, 2: 2.0})
    found = curve(only(outputs), "val/accuracy")
    assert found == Curve((1, 2), (2.0, 2.0), (math.sqrt(2), 0.0), False)


def test_it_goes_as_far_as_all_runs_do(run: Make, outputs: Path) -> None:
    run(0, curve={1: 1.0, 2: 2.0, 3: 9.0})
    run(1, curve={1: 3.0, 2: 2.0})
    found = curve(only(outputs), "val/accuracy")
    assert found is not None
    assert (found.steps, found.ended) == ((1, 2), True)


def test_of_one_run_there_is_no_spread(run: Make, outputs: Path) -> None:
    run(0, curve={5: 1.0})
    assert curve(only(outputs), "val/accuracy") == Curve((5,), (1.0,), (), False)


def test_groups_are_averaged_within_each_seed(run: Make, outputs: Path) -> None:
    for seed, rate, height in ((0, 0.1, 1.0), (0, 0.2, 3.0), (1, 0.1, 5.0), (1, 0.2, 9.0)):
        for cell in ("gru", "lstm"):
            run(seed, cell=cell, optimizer__lr=rate, curve={1: height})
    found = curve(only(outputs, ("cell",)), "val/accuracy")
    assert found == Curve((1,), (4.5,), (math.sqrt(2 * 2.5**2),), False)


def test_nan_torn_lines_and_other_names_are_left_out(run: Make, outputs: Path) -> None:
    folder = run(0, curve={1: 1.0, 2: math.nan, 3: 2.0})
    with folder.metrics.open("ab") as file:
        file.write(b'not a point "val/accuracy"\n')
        file.write(b'{"name": "x", "value": 1, "step": 9, "epoch": 0, "timestamp": 1, '
                   b'"more": "val/accuracy"}\n')  # fmt: skip
        file.write(b'{"name": "val/accuracy", "value": 1, "step": 4, "ep')
    found = curve(only(outputs), "val/accuracy")
    assert found is not None
    assert found.steps == (1, 3)


def test_what_cannot_be_read_has_no_curve(run: Make, outputs: Path, tmp_path: Path) -> None:
    folder = run(0)
    sample = only(outputs)
    assert curve(sample, "val/nothing") is None
    folder.metrics.unlink()
    assert curve(sample, "val/accuracy") is None
    folder.metrics.symlink_to(tmp_path / "elsewhere")
    assert curve(sample, "val/accuracy") is None
