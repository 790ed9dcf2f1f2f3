from __future__ import annotations

import pytest

from rnnlab.errors import ConfigError, ConfigErrors
from rnnlab.sweeps.combinations import combinations
from rnnlab.sweeps.mistakes import Mistakes

RUNS = combinations(["seed=0,1,2"])


def test_each_is_told_once_with_the_first_run_that_has_it() -> None:
    mistakes = Mistakes()
    mistakes.raise_all()
    for run in RUNS:
        mistakes.look_at(run)
        mistakes.add(ConfigError("is wrong", key="a"), [run])
    mistakes.add(ConfigErrors([ConfigError("b"), ConfigError("c")]), RUNS[1:])
    mistakes.add(ConfigError("c"), RUNS[2:])
    mistakes.add(ConfigError("d"), RUNS[2:])
    with pytest.raises(ConfigErrors) as caught:
        mistakes.raise_all()
    assert str(caught.value).splitlines() == [
        "a: is wrong", "b (seed=1 and 1 more)", "c (seed=1 and 1 more)", "d (seed=2)",
    ]  # fmt: skip
