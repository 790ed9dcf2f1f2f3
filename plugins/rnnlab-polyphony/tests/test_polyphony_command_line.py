"""The installed package, as a shell uses it: train, evaluate, predict, and what is refused."""

from __future__ import annotations

import json
from contextlib import chdir, redirect_stderr, redirect_stdout
from importlib.metadata import entry_points
from io import StringIO
from pathlib import Path

import pytest
import torch

from rnnlab.cli import main
from rnnlab_polyphony.keys import KEY_NAMES

if not entry_points(group="rnnlab.tasks", name="multilabel"):
    pytest.skip("the package is not installed", allow_module_level=True)

QUIET = [
    "tracking.enabled=false",
    "trainer.enable_progress_bar=false",
    "trainer.accelerator=cpu",
    "trainer.max_epochs=1",
    "cell.hidden_size=8",
]


def rnnlab(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run a command line in a folder; return its exit code and what it says on stderr."""
    said = StringIO()
    with chdir(folder), redirect_stdout(StringIO()), redirect_stderr(said):
        code = main(arguments)
    return code, said.getvalue()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    piece = [[60, 64], [62], [64, 67], [65]]
    pieces = {"train": [piece, piece[:3]], "valid": [piece], "test": [piece]}
    (folder / "a.json").write_text(json.dumps(pieces))
    code, said = rnnlab(
        folder, "train", "task=multilabel", "dataset=piano_rolls", "dataset.path=a.json", *QUIET
    )
    assert code == 0, said
    return folder


def test_a_run_has_its_scores_and_those_of_the_baselines(trained: Path) -> None:
    (file,) = trained.glob("outputs/piano_rolls/*/result.json")
    result = json.loads(file.read_text())

    names = {"loss", "loss_per_sequence", "frame_accuracy"}
    assert set(result["scores"]["test"]) == names
    assert set(result["baselines"]) == {"label_frequency", "label_persistence"}
    assert all(set(scores) == names for scores in result["baselines"].values())
    assert result["monitor"] == "val/loss"


def test_a_run_can_be_evaluated(trained: Path) -> None:
    code, said = rnnlab(trained, "evaluate", "last")

    assert code == 0, said


def test_predict_answers_rolls_with_names_of_keys(trained: Path) -> None:
    rolls = torch.randint(0, 2, (2, 3, 88), generator=torch.Generator().manual_seed(0)).tolist()
    (trained / "in.jsonl").write_text("".join(json.dumps({"roll": roll}) + "\n" for roll in rolls))

    code, said = rnnlab(trained, "predict", "last", "--input", "in.jsonl", "--output", "out.jsonl")

    assert code == 0, said
    rows = [json.loads(line) for line in (trained / "out.jsonl").read_text().splitlines()]
    assert len(rows) == 2
    for row in rows:
        assert len(row["prediction"]) == len(row["probability"]) == 3
        assert {name for chord in row["prediction"] for name in chord} <= set(KEY_NAMES)
        assert all(0.5 < p < 1 for chord in row["probability"] for p in chord)


def test_generate_is_refused_in_one_line(trained: Path) -> None:
    code, said = rnnlab(trained, "generate", "last", "--prompt", "C4")

    assert code == 2
    assert said.startswith("rnnlab: error: RUN=")
    assert "is not a model of the next token" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["dataset.path=b.json"], "dataset.path=b.json: no such file; did you mean a.json?"),
        (["dataset.path=a.json", "task.threshold=1.0"], "task.threshold=1.0: must be > 0 and < 1"),
        (["dataset.path=a.json", "backbone.bidirectional=true"], "backbone.bidirectional=true: "),
        (["dataset.path=a.json", "dataset.steps=1"], "dataset.steps: is not a key of dataset"),
    ],
)
def test_what_is_wrong_is_one_line_and_code_2(
    trained: Path, overrides: list[str], line: str
) -> None:
    code, said = rnnlab(
        trained, "train", "task=multilabel", "dataset=piano_rolls", *overrides, *QUIET
    )

    assert code == 2
    assert said.startswith(f"rnnlab: error: {line}"), said
    assert said.count("\n") == 1


def test_a_task_refuses_what_it_cannot_take(trained: Path) -> None:
    code, said = rnnlab(trained, "train", "task=multilabel", "dataset=digits_rows", *QUIET)

    assert code == 2
    assert "task=multilabel: targets are not aligned with the input" in said
