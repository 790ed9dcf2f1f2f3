"""What ``rnnlab reproduce`` says of a run, and of one that cannot be compared."""

import pytest

from rnnlab.cli import main
from rnnlab.runs.train import train


@pytest.mark.parametrize("name", ["result.json", "metrics.jsonl", "checkpoints/last.ckpt"])
def test_what_cannot_be_compared_is_not_trained_again(small, tmp_path, name, capsys):
    run = train([*small, "trainer.max_epochs=1", "diagnostics.baselines=false"])
    (run.path / name).write_text("garbage\n")
    before = sorted(run.path.parent.iterdir())
    assert main(["reproduce", str(run.path), "--output-dir", f"{tmp_path}/outputs"]) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("rnnlab: error: ")
    assert name in line
    assert sorted(run.path.parent.iterdir()) == before
