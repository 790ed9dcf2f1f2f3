from __future__ import annotations

import math

from rnnlab.compare.reading import read_run
from rnnlab.compare.sample import by_setting
from rnnlab.compare.settings import group
from rnnlab.runs.folder import Status
from tests.compare.conftest import Make


def test_the_replicates_of_a_setting_are_its_seeds(run: Make) -> None:
    folders = ([run(0, 0.1), run(1, 0.2), run(2, math.nan), run(0, 0.3, cell="lstm"),
                   run(1, cell="lstm", status=Status.FAILED)])  # fmt: skip
    settings = group([read_run(folder) for folder in folders])
    samples = by_setting(settings, "test/accuracy")
    found = {samples.name(sample): dict(sample.values) for sample in samples.all}
    assert found == {"cell=gru": {0: 0.1, 1: 0.2}, "cell=lstm": {0: 0.3}}
    assert [sample.missing for sample in samples.all] == [1, 1]
    assert (samples.replicate, samples.averaged, samples.note) == ("seed", (), "")
