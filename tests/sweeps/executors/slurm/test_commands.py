import pytest

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
