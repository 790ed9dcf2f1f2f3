import copy
import json
import math
import shutil

import pytest
import torch

from rnnlab.runs.comparison import differences
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.json_files import write_json
from rnnlab.training.checkpoint_files import write

CHECKPOINT = {
    "state_dict": {
        "model.w": torch.tensor([[1.0, 2.0], [0.0, math.nan]]),
        "model.half": torch.tensor([1.0, 3.0], dtype=torch.bfloat16),
        "model.mask": torch.tensor([True, False]),
        "model.none": torch.zeros(0),
        "model.one": torch.tensor(3),
    },
    "optimizer_states": [
        {"state": {0: {"step": torch.tensor(8.0)}}, "param_groups": [{"lr": 0.1, "fused": None}]}
    ],
    "lr_schedulers": [{"last_epoch": 2, "_last_lr": [0.1]}],
    "rnnlab": {"seconds": 1.0},
}
RESULT = {
    "monitor": "val/loss",
    "parameters": 3,
    "scores": {"test": {"loss": 0.5, "f1": math.nan}},
    "baselines": {"mean": {"loss": 1.0}},
    "train_seconds": 3.0,
}
POINTS = [
    {"name": "val/loss", "value": 0.5, "step": 4, "epoch": 0, "timestamp": 1},
    {"name": "val/loss", "value": "NaN", "step": 8, "epoch": 1, "timestamp": 2},
    {"name": "train/loss", "value": 0.0, "step": 8, "epoch": 1, "timestamp": 2},
    {"name": "system/cpu", "value": 3.0, "step": 0, "epoch": None, "timestamp": 2},
]


def make(path, points, checkpoint, result):
    shutil.rmtree(path, ignore_errors=True)
    folder = RunFolder(path)
    write(checkpoint, folder.checkpoint("last.ckpt"))
    write_json(folder.result, result)
    folder.metrics.write_text("".join(json.dumps(point) + "\n" for point in points))
    return folder


@pytest.fixture
def compared(tmp_path):
    """Return what says how a run differs from its copy after a change of the copy."""
    first = make(tmp_path / "first", POINTS, CHECKPOINT, RESULT)

    def compare(change):
        second = copy.deepcopy((POINTS, CHECKPOINT, RESULT))
        change(*second)
        return differences(first, make(tmp_path / "second", *second))

    return compare


def test_times_and_the_load_of_the_machine_do_not_count(compared):
    def change(points, checkpoint, result):
        points[0]["timestamp"] = 99
        points[3]["value"] = 9.0
        points.append({**points[3], "step": 1})
        points.reverse()
        checkpoint["rnnlab"]["seconds"] = result["train_seconds"] = 9.0

    assert compared(change) == []


def one_ulp(points, checkpoint, result):
    weight = checkpoint["state_dict"]["model.w"]
    weight[0, 1] = torch.nextafter(weight[0, 1], torch.tensor(9.0))


def setter(where, *path, to):
    """Return a change of one of (points, checkpoint, result)."""

    def change(*parts):
        node = parts[where]
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = to

    return change


def removal(where, *path):
    def change(*parts):
        node = parts[where]
        for key in path[:-1]:
            node = node[key]
        del node[path[-1]]

    return change


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            setter(0, 0, "value", to=0.25),
            (
                "1 of 3 points differ, first val/loss at step 4: 0.5 in epoch 0 then, "
                "0.25 in epoch 0 now"
            ),
        ),
        (
            setter(0, 2, "value", to=-0.0),
            (
                "1 of 3 points differ, first train/loss at step 8: 0.0 in epoch 1 then, "
                "-0.0 in epoch 1 now"
            ),
        ),
        (
            setter(0, 1, "epoch", to=2),
            (
                "1 of 3 points differ, first val/loss at step 8: nan in epoch 1 then, "
                "nan in epoch 2 now"
            ),
        ),
        (removal(0, 0), "1 points are in one run only, first val/loss at step 4"),
        (one_ulp, "checkpoint: state_dict.model.w differ"),
        (
            lambda _, checkpoint, __: checkpoint["state_dict"]["model.w"][1, 0].neg_(),
            "checkpoint: state_dict.model.w differ",
        ),
        (
            lambda _, checkpoint, __: checkpoint["state_dict"]["model.half"][0].mul_(1.0078125),
            "checkpoint: state_dict.model.half differ",
        ),
        (
            setter(1, "state_dict", "model.half", to=torch.tensor([1.0, 3.0])),
            "checkpoint: state_dict.model.half differ",
        ),
        (
            setter(1, "state_dict", "model.w", to=CHECKPOINT["state_dict"]["model.w"].reshape(4)),
            "checkpoint: state_dict.model.w differ",
        ),
        (
            setter(1, "state_dict", "model.mask", to=torch.tensor([True, True])),
            "checkpoint: state_dict.model.mask differ",
        ),
        (removal(1, "state_dict", "model.one"), "checkpoint: state_dict.model.one differ"),
        (
            setter(1, "optimizer_states", 0, "state", 0, "step", to=torch.tensor(9.0)),
            "checkpoint: optimizer_states.0.state.0.step differ",
        ),
        (
            removal(1, "optimizer_states", 0, "param_groups", 0, "fused"),
            "checkpoint: optimizer_states.0.param_groups.0.fused differ",
        ),
        (
            setter(1, "lr_schedulers", 0, "_last_lr", to=[0.1, 0.1]),
            "checkpoint: lr_schedulers.0._last_lr differ",
        ),
        (
            setter(1, "lr_schedulers", 0, "last_epoch", to=2.0),
            "checkpoint: lr_schedulers.0.last_epoch differ",
        ),
        (
            setter(2, "scores", "test", "loss", to=0.5000000000000001),
            "scores: test loss: 0.5 then, 0.5000000000000001 now",
        ),
        (
            setter(2, "scores", "test", "new", to=1.0),
            "scores: test new: None then, 1.0 now",
        ),
        (removal(2, "baselines", "mean"), "baselines: mean loss: 1.0 then, None now"),
    ],
)
def test_each_kind_of_difference_is_found_and_nothing_else(compared, change, line):
    assert compared(change) == [line]


def test_of_many_weights_some_are_named(compared):
    def change(points, checkpoint, result):
        for number in range(8):
            checkpoint["state_dict"][f"model.{number}"] = torch.zeros(1)

    names = ", ".join(f"state_dict.model.{number}" for number in range(5))
    assert compared(change) == [f"checkpoint: {names} and 3 more differ"]
