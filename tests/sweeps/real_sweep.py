"""``rnnlab train -m`` as a command that a test starts, waits for, and looks into the folder of."""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from rnnlab.runs.folder import Status
from rnnlab.sweeps.folder import SweepFolder

OPTIONS = [
    "dataset=digits_rows",
    "cell=gru",
    "cell.hidden_size=8",
    "trainer.limit_train_batches=4",
    "trainer.accelerator=cpu",
    "diagnostics.baselines=false",
    "tracking.system_metrics=false",
    "sweep.name=small",
]


class Sweep:
    def __init__(self, outputs: Path, *options: str) -> None:
        self.outputs, self.options = outputs, options
        self.folder = SweepFolder(outputs / "sweeps" / "small")

    def start(self, *changes: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-P", "-m", "rnnlab", "train", "-m", *OPTIONS, *self.options]
        return subprocess.Popen(
            [*command, *changes, f"output_dir={self.outputs}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            cwd=self.outputs.parent,
        )

    def run(self, *changes: str) -> tuple[int, str, str]:
        process = self.start(*changes)
        out, err = process.communicate(timeout=240)
        return process.returncode, out, err

    def wait_for(self, status: Status, count: int, process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + 120
        while self.statuses().count(status) < count:
            assert time.monotonic() < deadline
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)

    def statuses(self) -> list[Status | None]:
        believed = [run.believed() for run in self.folder.runs()]
        return [None if a is None else a.read_status().get("status") for a in believed]

    def attempts(self) -> list[list[int]]:
        return sorted(run.numbers() for run in self.folder.runs())

    def shown(self) -> dict[str, str]:
        with sqlite3.connect(self.outputs / "mlflow.db") as database:
            return dict(database.execute("select name, status from runs"))
