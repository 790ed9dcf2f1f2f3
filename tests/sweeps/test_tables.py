from __future__ import annotations

from pathlib import Path

from rich.console import Console

from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.json_files import write_json
from rnnlab.sweeps.combinations import combinations
from rnnlab.sweeps.driver import Outcome
from rnnlab.sweeps.plan import Job
from rnnlab.sweeps.tables import tables


def outcomes(folder: Path, overrides: list[str], scores: list[float | None]) -> list[Outcome]:
    """Return runs with these test scores; None for one that failed."""
    found = []
    for number, (run, score) in enumerate(zip(combinations(overrides), scores, strict=True)):
        plain = {"seed": int(run.swept.get("seed", 0)), "experiment_name": "e"}
        job, path = Job(run, plain, f"run {number}", "setting"), RunFolder(folder / str(number))
        path.path.mkdir()
        result = {
            "scores": {"test": {"loss": score}}, "baselines": {"mean": {"loss": 4.0}},
            "monitor": "val/loss", "parameters": 1200, "train_seconds": 2.0,
        }  # fmt: skip
        write_json(path.result, result)
        failed = Outcome(job, Status.FAILED, "the loss is NaN", path)
        found.append(failed if score is None else Outcome(job, Status.FINISHED, None, path))
    return found


def shown(found: list[Outcome]) -> list[list[list[str]]]:
    """Return the cells of each row of each table."""
    console = Console(width=200)
    result = []
    for table in tables(found):
        with console.capture() as capture:
            console.print(table)
        lines = [line for line in capture.get().splitlines() if line.startswith("│")]
        result.append([[cell.strip() for cell in line.split("│")[1:-1]] for line in lines])
    return result


def test_replicates_share_a_row_and_what_failed_has_its_own(tmp_path: Path) -> None:
    found = outcomes(tmp_path, ["cell=gru,lstm", "seed=0,1,2"], [1.0, 2.0, 3.0, 5.0, None, 5.0])
    results, failures = shown(found)
    assert results == [
        ["gru", "loss", "3", "2 ± 1", "4 mean", "1,200", "2"],
        ["lstm", "loss", "2", "5 ± 0", "4 mean", "1,200", "2"],
    ]
    assert failures == [["cell=lstm seed=1", "FAILED", "the loss is NaN"]]


def test_seeds_alone_are_one_row_under_the_experiments_name(tmp_path: Path) -> None:
    (results,) = shown(outcomes(tmp_path, ["seed=0,1"], [1.0, 3.0]))
    assert results == [["e", "loss", "2", "2 ± 1.4", "4 mean", "1,200", "2"]]


def test_where_all_failed_there_is_no_table_of_results(tmp_path: Path) -> None:
    (failures,) = shown(outcomes(tmp_path, ["seed=0,1"], [None, None]))
    assert [row[0] for row in failures] == ["seed=0", "seed=1"]
