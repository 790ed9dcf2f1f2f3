import os

import pytest

from tests.runs.conftest import small  # noqa: F401
from tests.sweeps.executors import one_node_slurm


@pytest.fixture(scope="session")
def slurm():
    """Start a Slurm that commands find; give the path of its configuration."""
    if (why := one_node_slurm.missing()) is not None:
        if os.environ.get("RNNLAB_TEST_SLURM"):
            pytest.fail(why)
        pytest.skip(why)
    with one_node_slurm.one_node_slurm() as conf, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_CONF", str(conf))
        yield conf
