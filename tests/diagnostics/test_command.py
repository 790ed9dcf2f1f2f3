"""``rnnlab diagnose`` as a person uses it."""

from __future__ import annotations

import json

import pytest

from rnnlab.cli import main
from tests.diagnostics.flow_runs import make_flow
from tests.runs.conftest import SMALL

FILES = [
    "dynamics.json", "flow.jsonl", "gate_histograms.png", "gate_traces_1.png", "gates.json",
    "gradient_curves.png", "gradient_flow.json", "gradient_heatmap.png", "gradient_moments.png",
    "lyapunov.png", "memory.json", "memory.png", "report.html", "singular_values.png",
    "time_constants.png", "unrolled.png",
]  # fmt: skip


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Where a small LSTM was trained and looked at."""
    folder = tmp_path_factory.mktemp("runs") / "outputs"
    code = main(["train", *SMALL, f"output_dir={folder}", "name=run", "diagnostics=gradient_flow"])
    assert code == 0
    return folder


def test_a_training_with_looks_draws_them(outputs):
    drawn = {path.name for path in (outputs / "digits_rows" / "run" / "diagnostics").iterdir()}
    assert {"flow.jsonl", "gradient_heatmap.png", "gate_histograms.png"} <= drawn


def test_a_run(outputs, tmp_path, capsys):
    report = tmp_path / "out.html"
    words = ["diagnose", "run", "--output-dir", str(outputs), "--sequences", "4"]
    assert main([*words, "--report", str(report)]) == 0
    said = capsys.readouterr().out
    for expected in ("digits_rows/run", "untrained", "(epoch 2)", "layer 1, h", "Lyapunov"):
        assert expected in said
    folder = outputs / "digits_rows" / "run" / "diagnostics"
    assert sorted(path.name for path in folder.iterdir()) == FILES
    page = report.read_text()
    assert page == (folder / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 10
    assert "http" not in page.replace("http-equiv", "")
    numbers = json.loads((folder / "gradient_flow.json").read_text())
    assert numbers


@pytest.mark.parametrize("checkpoint", ["untrained", "best", "last"])
def test_one_checkpoint(outputs, checkpoint, capsys):
    words = ["diagnose", "run", "--output-dir", str(outputs), "--sequences", "2", "--no-jacobians"]
    assert main([*words, "--checkpoint", checkpoint]) == 0
    said = capsys.readouterr().out
    assert ("untrained" in said) == (checkpoint == "untrained")
    assert "Lyapunov" not in said


def test_a_config_whose_network_is_not_trained(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    report = tmp_path / "out.html"
    words = ["diagnose", "cell=gru", "cell.hidden_size=4", "dataset=adding", "dataset.steps=6"]
    assert main([*words, "--report", str(report), "--sequences", "3"]) == 0
    assert "gru on adding, untrained" in capsys.readouterr().out
    assert report.exists()
    assert not (tmp_path / "outputs").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nothing"], 2, "RUN=nothing: no such run"),
        (["run", "--row", "40"], 2, "--row=40: there are 32 sequences, counted from 0"),
        (["run", "--checkpoint", "first"], 2, "--checkpoint=first"),
        (["run", "--part", "all"], 2, "--part=all"),
        (["run", "--loss", "some"], 2, "--loss=some"),
        (["run", "--engine", "fused"], 2, "engine=fused: torch's kernels do not show"),
        (["run", "--engine", "lop"], 2, "engine=lop: no such engine"),
        (["run", "--report", "no/such/out.html"], 2, "--report=no/such/out.html: there is no"),
        (["run", "--sequences", "0"], 2, "--sequences"),
        (["cell=nothing"], 2, "cell=nothing"),
        (["run", "cell=gru"], 2, "RUN=run: is no KEY=VALUE"),
        (["backbone=window_mlp"], 2, "the model has no recurrent layer to look into"),
        ([], 2, "Missing argument"),
    ],
)
def test_what_is_refused(outputs, words, code, said, capsys):
    assert main(["diagnose", *words, "--output-dir", str(outputs)]) == code
    errors = capsys.readouterr().err
    assert said in errors
    assert "Traceback" not in errors


def test_a_run_without_checkpoints(outputs, tmp_path, capsys):
    copy = tmp_path / "outputs" / "digits_rows" / "new"
    copy.mkdir(parents=True)
    (copy / "config.yaml").write_bytes(
        (outputs / "digits_rows" / "run" / "config.yaml").read_bytes()
    )
    words = ["diagnose", "new", "--output-dir", str(tmp_path / "outputs"), "--no-jacobians"]
    assert main([*words, "--checkpoint", "best"]) == 2
    assert "--checkpoint=best: the run has no such checkpoint" in capsys.readouterr().err
    assert main(words) == 0
    assert "untrained" in capsys.readouterr().out


def test_several_runs_are_compared(tmp_path, capsys):
    for seed in (0, 1):
        for cell, horizon in (("rnn", 20), ("lstm", 60)):
            make_flow(
                tmp_path / "vanishing" / f"{cell}{seed}", seed, 0.5, horizon=horizon, cell=cell
            )
    report = tmp_path / "out.html"
    assert main(["diagnose", str(tmp_path / "vanishing"), "--report", str(report)]) == 0
    said = capsys.readouterr().out
    assert "lstm" in said
    assert "horizon" in said
    assert "data:image/png;base64," in report.read_text()
    assert json.loads(report.with_suffix(".json").read_text())
    each = [str(path) for path in sorted((tmp_path / "vanishing").iterdir())]
    assert main(["diagnose", *each]) == 0
    assert "lstm" in capsys.readouterr().out


def test_runs_that_nobody_looked_into(tmp_path, capsys):
    make_flow(tmp_path / "vanishing" / "run", 0, 0.5)
    assert main(["diagnose", str(tmp_path / "vanishing")]) == 2
    assert "train with diagnostics=gradient_flow" in capsys.readouterr().err


def test_a_sweep_is_looked_into_at_its_end(tmp_path, capsys):
    words = [
        *SMALL, "cell=rnn,gru", "diagnostics=gradient_flow", "trainer.max_epochs=1",
        f"output_dir={tmp_path}/outputs", "sweep.name=both", "sweep.workers=1",
    ]  # fmt: skip
    assert main(["train", "-m", *words]) == 0
    folder = tmp_path / "outputs" / "sweeps" / "both"
    assert f"gradients     {folder}" in capsys.readouterr().out.replace("\n", "")
    assert (folder / "gradients.html").is_file()
    assert (folder / "gradients.json").is_file()
    assert any((folder / "diagnostics").glob("*.png"))
    assert main(["diagnose", "both", "--output-dir", f"{tmp_path}/outputs"]) == 0
    assert "gru" in capsys.readouterr().out


def test_a_run_of_somebody_else(outputs, tmp_path, capsys, monkeypatch):
    """The page is written although the run's folder cannot be."""
    from rnnlab.diagnostics import publish
    from rnnlab.errors import StorageError

    def refuse(path, content):
        raise StorageError(f"{path}: cannot be written: Permission denied")

    monkeypatch.setattr(publish, "write", refuse)
    report = tmp_path / "out.html"
    words = ["diagnose", "run", "--output-dir", str(outputs), "--sequences", "2", "--no-jacobians"]
    assert main([*words, "--report", str(report)]) == 4
    assert report.is_file()
    assert "Permission denied" in capsys.readouterr().err
