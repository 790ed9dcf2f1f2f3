"""Runs in processes that can be killed, and an exact comparison of what they left.

A process forked from a server that has imported everything starts in some hundredths of a second.
"""

import json
import multiprocessing
import time

import torch

from rnnlab.config.compose import compose
from rnnlab.runs.assemble import assemble
from rnnlab.runs.execute import execute
from rnnlab.runs.train import create

COMMON = [
    "trainer.enable_progress_bar=false", "trainer.accelerator=cpu", "trainer.threads=1",
    "trainer.log_every_n_steps=1", "tracking.enabled=false", "diagnostics.baselines=false",
]  # fmt: skip

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["rnnlab.runs.execute", "tests.runs.killing"])


def run_of(overrides):
    """Return the folder of a run that has not begun."""
    return create(assemble(compose([*COMMON, *overrides])))


def start(folder, action=execute):
    """Start executing a folder, from its last snapshot if it has one, in another process."""
    process = _FORKS.Process(target=_in_fork, args=(folder, action))
    process.start()
    return process


def _in_fork(folder, action):
    # The processes that read data are to start as they do in a command.
    multiprocessing.set_start_method("fork", force=True)
    action(folder, resume=True)


def finish(folder, action=execute):
    """Execute a folder to its end in another process; return the seconds that took."""
    began = time.monotonic()
    process = start(folder, action)
    process.join(120)
    assert process.exitcode == 0
    return time.monotonic() - began


def written(folder):
    """Return how many bytes of metrics a run has logged."""
    return folder.metrics.stat().st_size if folder.metrics.exists() else 0


def points(folder):
    """Return ``{(name, step): (value, epoch)}``; no (name, step) may be there twice."""
    lines = [json.loads(line) for line in folder.metrics.read_text().splitlines()]
    own = [point for point in lines if not point["name"].startswith("system/")]
    found = {(p["name"], p["step"]): (str(p["value"]), p["epoch"]) for p in own}
    assert len(found) == len(own), "a point was logged twice"
    return found


def outcome(folder):
    """Return all that must be equal: points, checkpoint and result, but for times."""
    checkpoint = torch.load(folder.checkpoints / "last.ckpt", weights_only=True)
    checkpoint["rnnlab"].pop("seconds")
    result = json.loads(folder.result.read_text())
    result.pop("train_seconds")
    parts = ("state_dict", "optimizer_states", "lr_schedulers", "callbacks", "rnnlab")
    best = torch.load(folder.checkpoints / "best.ckpt", weights_only=True)["state_dict"]
    return {
        "points": points(folder),
        "checkpoint": {part: checkpoint[part] for part in parts},
        "best": best,
        "result": result,
    }


def assert_equal(expected, found, where="run"):
    """Compare trees of tensors and plain values, bit by bit."""
    if isinstance(expected, torch.Tensor):
        assert expected.dtype == found.dtype, where
        assert torch.equal(expected, found), where
    elif isinstance(expected, dict):
        assert expected.keys() == found.keys(), where
        for key in expected:
            assert_equal(expected[key], found[key], f"{where}.{key}")
    elif isinstance(expected, list | tuple):
        assert len(expected) == len(found), where
        for number, (mine, theirs) in enumerate(zip(expected, found, strict=True)):
            assert_equal(mine, theirs, f"{where}.{number}")
    else:
        assert repr(expected) == repr(found), where
