import subprocess

import pytest

from rnnlab.sweeps.executors.slurm import commands
from rnnlab.sweeps.executors.slurm.commands import said


@pytest.mark.parametrize(
    ("printed", "line"),
    [
        (
            "sbatch: unrecognized option '--foo=1'\nTry \"sbatch --help\" for more information\n",
            "unrecognized option '--foo=1'",
        ),
        (
            "sbatch: error: invalid partition specified: zz\nallocation failure: Invalid\n",
            "invalid partition specified: zz",
        ),
        ("\n", "it gives no reason"),
    ],
)
def test_slurms_own_words_are_told_without_who_says_them(printed, line):
    assert said(printed) == line


def test_a_job_that_slurm_could_not_start_again_is_held(monkeypatch):
    lines = (
        "7_0|RUNNING|None\n7_1|PENDING|Resources\n8|PENDING|launch failed requeued held\n"
        "9|PENDING|JobHeldUser\n"
    )
    monkeypatch.setattr(
        commands, "_run", lambda *command: subprocess.CompletedProcess(command, 0, lines, "")
    )
    assert commands.states(["7_0", "7_1", "8", "9"]) == {
        "7_0": "RUNNING",
        "7_1": "PENDING",
        "8": commands.HELD,
        "9": "PENDING",  # by somebody, who has a reason
    }
