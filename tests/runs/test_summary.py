from io import StringIO

import pytest
from rich.console import Console

from rnnlab.errors import ConfigError
from rnnlab.runs.folder import Status, create
from rnnlab.runs.json_files import write_json
from rnnlab.runs.summary import spread, summarise, summary_table


def finished(output_dir, name, seed, accuracy, setting="s1", experiment="demo"):
    folder = create(output_dir, experiment, name)
    folder.config.write_text("")
    write_json(folder.manifest, {"setting": setting, "seed": seed})
    write_json(
        folder.result,
        {
            "monitor": "val/accuracy",
            "scores": {"test": {"accuracy": accuracy, "loss": 1.0}},
            "baselines": {"majority": {"accuracy": 0.1}, "silent": {"loss": 2.0}},
            "parameters": 1234,
            "train_seconds": 10.0,
        },
    )
    folder.write_status(Status.FINISHED)
    return folder


def test_seeds_of_a_setting_are_put_together(tmp_path):
    for seed, accuracy in enumerate((0.9, 0.92, 0.94)):
        finished(tmp_path, f"run{seed}", seed, accuracy)
    finished(tmp_path, "other", 0, 0.5, setting="s2")
    finished(tmp_path, "killed", 9, 0.0).write_status(Status.KILLED)
    first, second = summarise(tmp_path, [])
    assert first.test_scores() == [0.9, 0.92, 0.94]
    assert first.baselines() == {"majority": pytest.approx(0.1)}
    assert second.test_scores() == [0.5]
    console = Console(file=StringIO(), width=140)
    console.print(summary_table([first, second]))
    assert "0.92 ± 0.02" in console.file.getvalue()


@pytest.mark.parametrize("without", [0, 1])
def test_baselines_may_be_measured_by_some_of_the_runs(tmp_path, without):
    folders = [finished(tmp_path, f"run{seed}", seed, 0.9) for seed in range(2)]
    result = folders[without].read_result()
    write_json(folders[without].result, {**result, "baselines": {}})
    (summary,) = summarise(tmp_path, [])
    assert summary.baselines() == {"majority": 0.1}


def test_a_seed_that_ran_twice_counts_once(tmp_path):
    finished(tmp_path, "a", 0, 0.1)
    finished(tmp_path, "b", 0, 0.2)
    (summary,) = summarise(tmp_path, ["demo"])
    assert summary.test_scores() == [0.2]


def test_another_score_can_be_shown(tmp_path):
    finished(tmp_path, "a", 0, 0.25)
    summaries = summarise(tmp_path, [])
    console = Console(file=StringIO(), width=140)
    console.print(summary_table(summaries, "loss"))
    (row,) = [line for line in console.file.getvalue().splitlines() if "demo" in line]
    assert "loss" in row
    assert "2 silent" in row
    assert summary_table(summaries, "mae").row_count == 0


def test_spread():
    assert spread([0.5]) == "0.5"
    assert spread([1.0, 2.0, 3.0]) == "2 ± 1"


def test_nothing_to_summarise_is_said(tmp_path):
    with pytest.raises(ConfigError, match="there is no finished run in"):
        summarise(tmp_path, [])
    finished(tmp_path, "a", 0, 0.5)
    with pytest.raises(ConfigError, match="EXPERIMENT=dmo: no finished run in"):
        summarise(tmp_path, ["dmo"])


@pytest.mark.parametrize("name", ["manifest.json", "result.json", "status.json"])
@pytest.mark.parametrize("content", ["", "[]", "{}", '{"scores": 5, "setting": [], "status": 3}'])
def test_a_damaged_run_hides_no_other(tmp_path, name, content, caplog):
    finished(tmp_path, "good", 0, 0.25)
    damaged = finished(tmp_path, "damaged", 1, 0.5)
    (damaged.path / name).write_text(content)
    (summary,) = summarise(tmp_path, [])
    assert summary.test_scores() == [0.25]
    (said,) = caplog.messages
    assert said.startswith(f"left out: {damaged.path / name}: cannot be read: ")
