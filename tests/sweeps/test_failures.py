"""Of twenty real runs six go wrong, each in its own way; the others finish."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rnnlab.runs.folder import Status
from rnnlab.sweeps.folder import SweepFolder

CELL = '''
import ctypes, math, os, signal, sys, time

import torch
from torch import Tensor, nn

from rnnlab.cells.base import Cell


class Naughty(Cell[Tensor]):
    """A cell that does harm at some sizes, once it is trained."""

    def __init__(self, input_size: int, hidden_size: int = 1) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, hidden_size
        self.inp = nn.Linear(input_size, hidden_size)

    def init_state(self, batch_size: int) -> Tensor:
        return self.inp.weight.new_zeros(batch_size, self.output_size)

    def project(self, x: Tensor) -> Tensor:
        return self.inp(x)

    def step(self, z: Tensor, h: Tensor) -> Tensor:
        h = (z + h).tanh()
        if not (self.training and torch.is_grad_enabled() and h.device.type == "cpu"):
            return h
        fault = os.environ.get("FAULTS", "").split(",").index(str(self.output_size)) \
            if str(self.output_size) in os.environ.get("FAULTS", "").split(",") else None
        if fault == 0:
            raise ValueError("the author was wrong")
        if fault == 1:
            ctypes.string_at(0)
        if fault == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        if fault == 3:
            sys.exit(3)
        if fault == 4:
            time.sleep(3600)
        if fault == 5:
            h = h * math.nan
        return h
'''
SECONDS = 30
WORKERS = {"local": 2, "ray": 2, "slurm": 20}
FAULTS = {
    3: r"ValueError: the author was wrong",
    5: r"its process was killed by SIGSEGV",
    8: r"its process was killed by SIGKILL",
    11: r"a part of the run ended the process: sys\.exit\(3\)",
    14: rf"took longer than sweep\.timeout={SECONDS} seconds",
    20: r".*(NaN|nan|not finite|non-finite).*",
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "executor",
    [
        pytest.param("local", marks=pytest.mark.slow),
        pytest.param("ray", marks=pytest.mark.slow),
        pytest.param("slurm", marks=pytest.mark.slurm),
    ],
)
def test_fourteen_of_twenty_finish_and_six_say_why(executor, install, tmp_path, request):
    if executor == "slurm":
        request.getfixturevalue(executor)
    site = install("rnnlab-naughty", {"cell": {"naughty": "naughty:Naughty"}}, {"naughty.py": CELL})
    paths = filter(None, [str(site), os.environ.get("PYTHONPATH")])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    environment["RAY_AUTH_MODE"] = "disabled"  # or a token is written into the home folder
    environment["FAULTS"] = ",".join(map(str, FAULTS))
    command = [
        *(sys.executable, "-P", "-m", "rnnlab", "train", "-m", "dataset=digits_rows"),
        *("cell=naughty", "cell.hidden_size=range(1,21)", "backbone.engine=loop"),
        *("trainer.max_epochs=1", "trainer.limit_train_batches=3", "trainer.accelerator=cpu"),
        *("diagnostics.baselines=false", "tracking.system_metrics=false"),
        *("sweep.name=naughty", f"sweep.timeout={SECONDS}", "sweep.retries=0"),
        *(f"executor={executor}", f"sweep.workers={WORKERS[executor]}"),
        f"output_dir={tmp_path}/outputs",
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    sweep = SweepFolder(Path(tmp_path, "outputs", "sweeps", "naughty"))
    plan = sweep.read_plan()["runs"]
    assert len(plan) == 20
    for label, planned in plan.items():
        believed = sweep.run(planned["fingerprint"]).believed()
        said = believed.read_status()
        size = int(planned["setting"]["cell.hidden_size"])
        if size not in FAULTS:
            assert said["status"] == Status.FINISHED, (label, said)
            continue
        assert said["status"] == Status.FAILED, (label, said)
        assert re.fullmatch(FAULTS[size], said["cause"]), said["cause"]
    table = done.stdout.partition("Not finished")[2]
    assert len(re.findall(r"cell\.hidden_size=\d+", table)) == 6
    for words in ("SIGSEGV", "SIGKILL", "sys.exit(3)", "sweep.timeout", "the author was wrong"):
        assert words in table
