"""Several processes that train one run."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import psutil
import pytest
import torch

from rnnlab.errors import RunFailed
from rnnlab.runs.execute import execute
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.train import train
from tests.runs.killing import assert_equal, finish, outcome, run_of, start

QUIET = [
    "trainer.enable_progress_bar=false", "tracking.enabled=false", "diagnostics.baselines=false",
    "trainer.log_every_n_steps=1",
]  # fmt: skip
TWO = ["trainer=ddp_cpu", *QUIET]
PADDED = [
    "dataset=csv_text", "dataset.text=text", "dataset.label=label", "task=many_to_one", "cell=gru",
    "cell.hidden_size=8", "backbone.bidirectional=true", "trainer.precision=64-true",
    "trainer.max_epochs=2", "trainer.batch_size=7", "trainer.gradient_clip_val=0.1",
]  # fmt: skip


@pytest.fixture
def texts(tmp_path):
    """Return a file of texts of 1 to 9 words; 50 of them train, so one batch is of one."""
    draw = random.Random(0)
    words = [" ".join(draw.choices("abcdefgh", k=draw.randint(1, 9))) for _ in range(72)]
    rows = [f"{text},{'a' in text}" for text in dict.fromkeys(words)]
    path = tmp_path / "texts.csv"
    path.write_text("\n".join(["text,label", *rows]))
    return path


def weights(folder):
    return torch.load(folder.checkpoints / "last.ckpt", weights_only=True)["state_dict"]


def losses(folder):
    points = [json.loads(line) for line in folder.metrics.read_text().splitlines()]
    return {
        (point["name"], point["step"]): point["value"]
        for point in points
        if point["name"].startswith(("train/", "val/", "grad_norm/total", "final/"))
    }


@pytest.mark.parametrize(
    "task",
    [
        PADDED,
        [*PADDED, "trainer.batch_size=49", "backbone.bidirectional=false", "task.readout=mean"],
    ],
)
def test_two_processes_do_what_one_does_with_the_same_batches(tmp_path, texts, task):
    # Lengths differ, so a mean over the shares' means would be another loss.
    common = [*task, f"dataset.path={texts}", f"output_dir={tmp_path}/outputs"]
    one = train([*QUIET, "trainer.accelerator=cpu", *common, "name=one"])
    two = train([*TWO, *common, "name=two"])
    expected, found = weights(one), weights(two)
    for name in expected:
        torch.testing.assert_close(found[name], expected[name], rtol=1e-9, atol=1e-11)
    assert losses(two).keys() == losses(one).keys()
    for key, value in losses(one).items():
        assert losses(two)[key] == pytest.approx(value, rel=1e-6), key


@pytest.mark.slow
def test_a_stream_with_more_processes_than_tracks(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("abcab cba " * 60)
    common = [
        "dataset=characters", f"dataset.path={text}", "task=synced_many_to_many",
        "cell.hidden_size=4", "trainer.batch_size=1", "trainer.stream_steps=50",
        "trainer.truncate_steps=25", "trainer.max_epochs=1", "trainer.precision=64-true",
        f"output_dir={tmp_path}/outputs",
    ]  # fmt: skip
    one = train([*QUIET, "trainer.accelerator=cpu", *common, "name=one"])
    two = train([*TWO, *common, "name=two"])
    for name, expected in weights(one).items():
        torch.testing.assert_close(weights(two)[name], expected, rtol=1e-9, atol=1e-11)


@pytest.mark.slow
def test_pre_empted_processes_go_on_where_they_were(tmp_path):
    overrides = [
        *TWO, "dataset=digits_rows", "task.dropout=0.3", "cell.hidden_size=8",
        "trainer.max_epochs=3", "trainer.batch_size=8", "trainer.limit_train_batches=100",
        f"output_dir={tmp_path}",
    ]  # fmt: skip
    whole, cut = run_of([*overrides, "name=whole"]), run_of([*overrides, "name=cut"])
    finish(whole)
    process = start(cut)
    while not cut.metrics.exists() or cut.metrics.stat().st_size < 20_000:
        assert process.is_alive()
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGUSR1)
    process.join(60)
    assert cut.read_status()["status"] == "PREEMPTED"
    snapshot = torch.load(cut.checkpoints / "last.ckpt", weights_only=True)["rnnlab"]
    assert snapshot["position"]["batch"] > 0
    assert len(snapshot["processes"]) == 2
    finish(cut)
    assert_equal(outcome(whole), outcome(cut))


@pytest.mark.slow
def test_what_one_rank_meets_ends_the_run_with_its_cause(tmp_path):
    with pytest.raises(RunFailed, match=r"rank \d: (loss is|gradient of .* is not finite)"):
        train([*TWO, "dataset=adding", "optimizer=sgd", "optimizer.lr=1e30",
               "trainer.gradient_clip_val=null", f"output_dir={tmp_path}", "name=r"])  # fmt: skip
    status = RunFolder(tmp_path / "adding" / "r").read_status()
    assert status["status"] == "FAILED"
    assert status["cause"].startswith("rank ")


@pytest.fixture
def endless(tmp_path):
    """Return a command that trains in two processes without end, its ranks, and its folder."""
    command = [
        sys.executable, "-m", "rnnlab", "train", *TWO, "dataset=digits_rows",
        "trainer.max_epochs=100000", f"output_dir={tmp_path}", "name=r",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    folder = RunFolder(tmp_path / "digits_rows" / "r")
    deadline = time.monotonic() + 120
    while not (folder.checkpoints / "last.ckpt").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    ranks = sorted(psutil.Process(process.pid).children(), key=lambda each: each.pid)
    yield process, ranks, folder
    if process.poll() is None:
        process.kill()
    process.communicate()


def are_gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=20)
    return not alive


@pytest.mark.parametrize("victim", [0, 1])
@pytest.mark.slow
def test_the_death_of_a_rank_ends_the_run(endless, victim):
    process, ranks, folder = endless
    ranks[victim].kill()
    errors = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 1
    assert f"rnnlab: error: rank {victim} was killed by SIGKILL\n" in errors
    assert "Traceback" not in errors
    assert folder.read_status()["status"] == "FAILED"
    assert folder.read_status()["cause"] == f"rank {victim} was killed by SIGKILL"
    assert are_gone(ranks)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.slow
def test_ranks_end_with_the_process_that_started_them(endless, number):
    process, ranks, folder = endless
    process.send_signal(number)
    process.communicate(timeout=60)
    assert are_gone(ranks)
    if number == signal.SIGTERM:
        assert process.returncode == 143
        assert folder.read_status()["status"] == "KILLED"


def test_a_rank_is_started_from_the_folder_and_not_from_the_command_line(tmp_path, monkeypatch):
    # As in a job of a sweep: the command that runs is another one.
    monkeypatch.setattr(sys, "argv", ["sweep", "-m", "cell=gru,lstm", "hydra.run.dir=elsewhere"])
    overrides = [*TWO, "dataset=digits_rows", "trainer.max_epochs=1", f"output_dir={tmp_path}"]
    for name in ("first", "second"):
        folder = run_of([*overrides, f"name={name}", "trainer.limit_train_batches=3"])
        assert execute(folder)["steps"] == 3
    assert len(list(tmp_path.glob("*/*/config.yaml"))) == 2
