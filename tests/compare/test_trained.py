"""What training writes is what is compared."""

from __future__ import annotations

import csv
from io import StringIO
from itertools import product
from pathlib import Path

import pytest

from rnnlab.cli import main
from rnnlab.compare.comparison import Comparison, compare_runs
from rnnlab.compare.plots.points import curve
from rnnlab.runs.train import train
from tests.runs.conftest import SMALL


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train two cells with two seeds each."""
    place = tmp_path_factory.mktemp("trained") / "outputs"
    for cell, seed in product(("gru", "rnn"), (0, 1)):
        train([*SMALL, f"cell={cell}", f"seed={seed}", f"output_dir={place}"])
    return place


@pytest.fixture(scope="module")
def comparison(outputs: Path) -> Comparison:
    return compare_runs([outputs])


def test_the_cell_is_what_differs(comparison: Comparison) -> None:
    assert comparison.samples.columns == ("cell",)
    assert sorted(sample.label for sample in comparison.samples.all) == [("gru",), ("rnn",)]
    assert all(list(sample.values) == [0, 1] for sample in comparison.samples.all)
    assert comparison.remarks == ()


def test_direction_and_baselines_are_known(comparison: Comparison) -> None:
    assert (comparison.metric.name, comparison.metric.better) == ("test/accuracy", "higher")
    assert "majority" in [baseline.name for baseline in comparison.baselines]
    assert all(baseline.constant for baseline in comparison.baselines)


def test_curves_are_there(comparison: Comparison) -> None:
    found = curve(comparison.samples.all[0], comparison.curve)
    assert found is not None
    assert len(found.steps) == 2, "an epoch each"


def test_pairs_are_tested(comparison: Comparison) -> None:
    (pair,) = comparison.pairs
    assert (pair.test, pair.n) == ("paired t", 2)


def test_the_verb_shows_what_result_json_holds(
    outputs: Path, comparison: Comparison, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(outputs), "--format", "csv"]) == 0
    best = next(csv.DictReader(StringIO(capsys.readouterr().out)))
    sample = comparison.samples.all[0]
    scores = [
        run.folder.read_result()["scores"]["test"]["accuracy"] for (run,) in sample.runs.values()
    ]
    assert best["cell"] == sample.label[0]
    assert float(best["mean"]) == pytest.approx(sum(scores) / 2)
