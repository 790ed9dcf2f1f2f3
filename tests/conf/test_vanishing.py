"""The demonstration of vanishing gradients: its grid, and its remedies as overrides."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.probing.look import read_looks
from rnnlab.runs.json_files import read_json
from rnnlab.runs.train import train
from rnnlab.sweeps.plan import plan
from tests.conf.test_experiments import FEW_STEPS

LENGTHS = ["10", "20", "50", "100", "200", "500"]
REMEDIES = {
    "clipping": ["cell=rnn", "trainer.gradient_clip_val=1"],
    "identity": ["cell=irnn"],
    "forget_bias": ["cell=lstm", "cell.forget_bias=1"],
    "truncation": ["cell=gru", "trainer.truncate_steps=10"],
}


@pytest.mark.parametrize("cells", [["lstm"], ["rnn", "gru", "lstm"]])
def test_every_cell_is_tried_at_every_length(
    cells: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = plan(
        ["experiment=vanishing", f"cell={','.join(cells)}", "tracking.enabled=false", "seeds=2"]
    )
    settings = {
        (str(job.config.choices.cell), str(job.config.dataset.steps)) for job in found.examples
    }
    assert settings == {(cell, steps) for cell in cells for steps in LENGTHS}


@pytest.mark.parametrize("remedy", REMEDIES)
def test_a_remedy_is_an_override(
    remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    small = ["dataset.train_size=200", "dataset.val_size=16", "dataset.test_size=16"]
    few = [*FEW_STEPS, "diagnostics.baselines=true"]
    folder = train(["experiment=vanishing", "dataset.steps=30", *small, *few, *REMEDIES[remedy]])

    looks = read_looks(folder.looks)
    assert [look.epoch for look in looks] == [0, 1]
    for look in looks:
        for flows in look.flows.values():
            assert {len(flow.curve) for flow in flows.values()} == {30}
    result = read_json(folder.result)
    assert result["baselines"]["majority"]["accuracy"] == pytest.approx(1 / 8)
