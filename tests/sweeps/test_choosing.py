import subprocess
import sys

_PROGRAM = """
import sys
import rnnlab.sweeps.answers, rnnlab.sweeps.plan, rnnlab.sweeps.sweep
assert not {"optuna", "cmaes"} & set(sys.modules)
"""


def test_a_grid_imports_no_optuna():
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
