from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.config import build
from rnnlab.config.composer import Composer
from rnnlab.errors import ConfigError
from rnnlab.sweeps.combinations import combinations
from rnnlab.sweeps.making import Maker
from rnnlab.sweeps.plan import plan
from rnnlab.sweeps.replicates import Replicates
from tests.runs.conftest import SMALL

HERE = [*SMALL, "output_dir=outputs"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_runs_made_one_after_the_other_are_those_made_together_and_read_the_data_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = []

    def dataset(config):
        read.append(config.dataset)
        return make(config)

    make = build.dataset
    together = plan([*HERE, "cell=gru,lstm", "optimizer.lr=0.1,0.2", "seeds=2"]).jobs
    monkeypatch.setattr(build, "dataset", dataset)
    maker, apart = Maker(Composer(), lasting=True), []
    for setting in combinations([*HERE, "cell=gru,lstm", "optimizer.lr=0.1,0.2"]):
        jobs, left_out = maker.make([setting], Replicates(count=2))
        assert left_out == 0
        apart += jobs
    assert [job.fingerprint for job in apart] == [job.fingerprint for job in together]
    assert [job.plain for job in apart] == [job.plain for job in together]
    assert len(read) == 1
    assert {maker.monitored(job) for job in apart} == {("accuracy", "max")}


def test_a_mistake_is_told_each_time_and_bars_no_other_run() -> None:
    maker = Maker(Composer(), lasting=True)
    wrong, right = combinations([*HERE, "task=one_to_one,many_to_one"])
    for _ in range(2):
        with pytest.raises(ConfigError, match="task=one_to_one: "):
            maker.make([wrong], Replicates())
        (job,), _ = maker.make([right], Replicates())
        assert job.setting == {"task": "many_to_one"}
