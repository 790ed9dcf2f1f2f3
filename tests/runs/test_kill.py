"""A run that is killed with -9 and resumed ends, bit for bit, as one that nobody killed."""

import random
import time

import pyarrow.parquet
import pytest

from rnnlab.runs.execute import execute
from rnnlab.training import random_state
from tests.runs.killing import assert_equal, finish, outcome, points, run_of, start, written

STREAM = [
    "task=synced_many_to_many", "task.dropout=0.3", "cell.hidden_size=16", "backbone.layers=2",
    "backbone.dropout=0.2", "trainer.batch_size=4", "trainer.stream_steps=40",
    "trainer.truncate_steps=20", "trainer.max_epochs=3", "trainer.gradient_clip_val=0.05",
    "scheduler=one_cycle", "scheduler.max_lr=0.01", "scheduler.total_steps=1000",
    "trainer.checkpoint_every_n_steps=7",
]  # fmt: skip
SHUFFLED = [
    "dataset=digits_rows", "task.dropout=0.3", "cell=gru", "cell.hidden_size=16",
    "trainer.max_epochs=4", "trainer.limit_train_batches=25", "trainer.batch_size=32",
    "scheduler=plateau", "scheduler.patience=0", "trainer.patience=2", "optimizer=sgd",
    "optimizer.momentum=0.9", "trainer.accumulate_grad_batches=3",
    "trainer.checkpoint_every_n_steps=2",
]  # fmt: skip
WORKERS = [
    "dataset=huggingface", "dataset.text=review", "dataset.label=stars", "dataset.streaming=true",
    "dataset.buffer=50", "trainer.num_workers=2", "task=many_to_one", "task.dropout=0.3",
    "cell.hidden_size=16", "trainer.batch_size=8", "trainer.max_epochs=3", "optimizer=adamw",
    "scheduler=step", "scheduler.step_size=1", "trainer.checkpoint_every_n_steps=5",
]  # fmt: skip


@pytest.fixture
def make(request, tmp_path):
    """Return what makes runs of one setting, all of the same data."""
    kind = request.param
    draw = random.Random(0)
    data = tmp_path / {"stream": "text.txt", "workers": "reviews.parquet"}.get(kind, "none")
    overrides = {"stream": STREAM, "shuffled": SHUFFLED, "workers": WORKERS}[kind]
    if kind == "stream":
        data.write_text("".join(draw.choice("abcd ef\n") for _ in range(6000)))
        overrides = [*overrides, "dataset=characters", f"dataset.path={data}"]
    if kind == "workers":
        texts = [f"{draw.choice('abcde')} {draw.choice('fghij')}" for _ in range(400)]
        table = {"review": texts, "stars": [number % 2 for number in range(400)]}
        pyarrow.parquet.write_table(pyarrow.table(table), data)
        overrides = [*overrides, f"dataset.path={data}"]
    return lambda name: run_of(
        [*overrides, f"output_dir={tmp_path}/outputs", f"experiment_name={kind}", f"name={name}"]
    )


@pytest.mark.timeout(280)
@pytest.mark.parametrize(
    ("make", "seed"),
    [("stream", 1), ("stream", 2), ("shuffled", 3), ("shuffled", 4), ("workers", 5)],
    indirect=["make"],
)
@pytest.mark.slow
def test_killed_and_resumed_is_bit_equal(make, seed):
    whole = make("whole")
    seconds = finish(whole)
    expected, size, draw = outcome(whole), written(whole), random.Random(seed)
    interrupted = 0
    for number in range(4):
        killed = make(f"killed{number}")
        for _ in range(1 + number % 2):  # every other one is killed twice
            # Up to the last point and beyond it: the end of a run can be killed too.
            limit = draw.uniform(0, 1.05) * size
            process = start(killed)
            deadline = time.monotonic() + 2 * seconds
            while process.is_alive() and written(killed) < limit and time.monotonic() < deadline:
                time.sleep(0.001)
            time.sleep(draw.uniform(0, 0.05))
            process.kill()
            process.join()
            interrupted += process.exitcode == -9
        finish(killed)
        assert_equal(expected, outcome(killed), f"killed{number}")
    assert interrupted >= 3, "hardly any run was killed before its end"


def forgetful(folder, resume):
    """Execute a folder without restoring the random generators."""
    random_state.restore = lambda state: None
    execute(folder, resume=resume)


@pytest.mark.parametrize("make", ["shuffled"], indirect=True)
def test_the_comparison_notices_random_generators_that_are_not_restored(make):
    whole, killed = make("whole"), make("killed")
    finish(whole)
    process = start(killed)
    while not (killed.checkpoints / "last.ckpt").exists():
        assert process.is_alive()
        time.sleep(0.001)
    process.kill()
    process.join()
    finish(killed, forgetful)
    with pytest.raises(AssertionError):
        assert_equal(outcome(whole), outcome(killed))
    assert points(whole).keys() == points(killed).keys()
