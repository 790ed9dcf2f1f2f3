"""Real searches that give up settings which train badly, killed and gone on with."""

import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import optuna
import psutil
import pytest
from omegaconf import OmegaConf

from rnnlab.compare.comparison import compare_runs
from rnnlab.runs.folder import Status
from rnnlab.runs.json_files import read_json
from rnnlab.sweeps.folder import SweepFolder
from rnnlab.sweeps.study_storage import open_storage
from rnnlab.tracking.points import read_points

OPTIONS = [
    "dataset=digits_rows",
    "cell=gru",
    "cell.hidden_size=8",
    "optimizer.lr=tag(log,interval(1e-5,1))",
    "trainer.max_epochs=6",
    "trainer.limit_train_batches=8",
    "trainer.accelerator=cpu",
    "diagnostics.baselines=false",
    "tracking.system_metrics=false",
    "sweep.name=small",
    "sweep.search=random",
    "sweep.workers=1",
    "sweep.pruner=median",
    "sweep.pruner_startup=2",
]

# Each starts several real commands, which take seconds before they begin.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


class Search:
    def __init__(self, outputs: Path) -> None:
        self.outputs = outputs
        self.folder = SweepFolder(outputs / "sweeps" / "small")

    def start(self, *changes: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-P", "-m", "rnnlab", "train", "-m", *OPTIONS, *changes]
        return subprocess.Popen(
            [*command, f"output_dir={self.outputs}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            cwd=self.outputs.parent,
        )

    def run(self, *changes: str) -> tuple[int, str, str]:
        process = self.start(*changes)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err

    def attempts(self):
        return [run.attempt(number) for run in self.folder.runs() for number in run.numbers()]

    def trials(self):
        storage = open_storage(None, self.folder.path)
        return optuna.load_study(study_name=None, storage=storage).trials


def learning_rate(attempt):
    return OmegaConf.load(attempt.config).optimizer.lr


def in_mlflow(search):
    with sqlite3.connect(search.outputs / "mlflow.db") as database:
        tag = "(select value from tags where run_uuid = runs.run_uuid and key = 'rnnlab.status')"
        return Counter(database.execute(f"select status, {tag} from runs"))


@pytest.fixture
def search(tmp_path):
    return Search(tmp_path / "outputs")


def test_bad_learning_rates_are_given_up_and_stay_so(search):
    code, out, err = search.run("sweep.trials=10")
    assert code == 0, err
    ended = Counter(attempt.read_status()["status"] for attempt in search.attempts())
    assert ended == {"FINISHED": 4, "PRUNED": 6}
    assert Counter(trial.state.name for trial in search.trials()) == {"COMPLETE": 4, "PRUNED": 6}
    assert out.count("PRUNED  optimizer.lr=") == 6
    assert "10/10 done, 6 pruned" in out
    assert "Not finished" not in out
    for attempt in search.attempts():
        scores = [p.value for p in read_points(attempt.metrics) if p.name == "val/accuracy"]
        trial = next(
            trial
            for trial in search.trials()
            if trial.params["optimizer.lr"] == learning_rate(attempt)
        )
        assert list(trial.intermediate_values) == list(range(1, len(scores) + 1))
        assert list(trial.intermediate_values.values()) == pytest.approx(scores)
        said = attempt.read_status()
        if said["status"] == "PRUNED":
            epochs = int(re.match(r"pruned after (\d) epochs?: val/accuracy ", said["cause"])[1])
            assert len(scores) == epochs < 6
            assert attempt.checkpoint("last.ckpt").exists()
            assert not attempt.result.exists()
    assert in_mlflow(search) == {
        ("FINISHED", "FINISHED"): 5,  # the sweep itself is one of them
        ("KILLED", "PRUNED"): 6,
    }
    remarks = compare_runs([search.folder.path]).remarks
    assert any(said.startswith("6 of 10 runs were pruned by the search") for said in remarks)

    # The same again does nothing; who looks on sees that it is over.
    code, _, err = search.run("sweep.trials=10")
    assert code == 0, err
    assert len(search.attempts()) == 10
    watched = subprocess.run(
        [sys.executable, "-P", "-m", "rnnlab", "watch", "--output-dir", str(search.outputs)],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert "10/10 done, 6 pruned" in watched.stdout


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_what_was_reported_before_a_kill_is_reported_once(search, monkeypatch):
    # Optuna warns of what is reported twice; here the warning would be an error.
    monkeypatch.setenv("PYTHONWARNINGS", "error:The reported value is ignored")
    long = ["sweep.trials=1", "trainer.max_epochs=60"]
    driver = search.start(*long)
    try:
        attempt = _trained(search, driver, epochs=5)
    finally:
        driver.kill()
    psutil.Process(attempt.read_status()["pid"]).kill()
    driver.communicate()
    reported = max(search.trials()[0].intermediate_values)
    # As if the disk had lost the last snapshot: at least one epoch comes again.
    attempt.checkpoint("last.ckpt").unlink()
    code, _, err = search.run(*long)
    assert code == 0, err
    first, second = search.attempts()
    assert first.read_status()["status"] == Status.KILLED
    assert second.read_status()["status"] == Status.FINISHED
    assert reported >= 5
    (trial,) = search.trials()
    assert list(trial.intermediate_values) == list(range(1, 61))
    scores = [p.value for p in read_points(second.metrics) if p.name == "val/accuracy"]
    assert list(trial.intermediate_values.values()) == pytest.approx(scores)
    assert "while its study is away" not in (second.path / "output.txt").read_text()


def _trained(search, driver, epochs):
    """Wait until the first run has trained some epochs, and return its attempt."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert driver.poll() is None, driver.communicate()
        for attempt in search.attempts():
            if attempt.metrics.exists() and (attempt.checkpoints / "previous.ckpt").exists():
                points = read_points(attempt.metrics)
                if max((p.epoch or 0 for p in points), default=0) >= epochs:
                    return attempt
        time.sleep(0.05)
    raise AssertionError("it does not train")


def test_what_cannot_be_given_up_is_refused_before_anything_runs(search):
    for change, why in (
        ("sweep.search=grid", "sweep.pruner=median: a grid runs all its settings to the end"),
        ("sweep.objective=parameters", "sweep.pruner=median: judges by what each validation"),
        ("seeds=2", "sweep.pruner=median: judges runs of one seed"),
    ):
        lists = ["optimizer.lr=1e-3,1e-2"] if change == "sweep.search=grid" else ["sweep.trials=2"]
        code, _, err = search.run(change, *lists)
        assert code == 2
        assert f"rnnlab: error: {why}" in err
    assert not search.outputs.exists()


def test_hyperband_in_earnest(search):
    code, out, err = search.run(
        "sweep.pruner=hyperband", "sweep.trials=8", "sweep.search=tpe", "trainer.max_epochs=4"
    )
    assert code == 0, err
    causes = [attempt.read_status()["cause"] for attempt in search.attempts()]
    pruned = [cause for cause in causes if cause]
    assert pruned
    assert all(cause.endswith("the best third of its Hyperband bracket") for cause in pruned)
    assert f"8/8 done, {len(pruned)} pruned" in out
    assert read_json(search.folder.runs()[0].path / "trial.json")["pruner"]["rule"] == "hyperband"
