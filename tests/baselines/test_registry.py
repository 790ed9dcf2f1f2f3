import subprocess
import sys

import pytest

from rnnlab.baselines.base import Baseline
from rnnlab.baselines.registry import BASELINES, default_baselines, make_baseline
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec, Field
from rnnlab.errors import ConfigError


@pytest.mark.parametrize("name", BASELINES)
def test_every_name_makes_a_baseline_that_goes_by_it(name: str) -> None:
    baseline = make_baseline(name)

    assert isinstance(baseline, Baseline)
    assert baseline.name == name


def test_a_mistyped_name_gets_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match=r"baseline=majorty: unknown; did you mean majority\?"):
        make_baseline("majorty")


REALS, CLASS = Field("reals", 2, sequence=True), Field("tokens", 3, sequence=False)
TOKENS, VECTOR = Field("tokens", 3, sequence=True), Field("reals", 2, sequence=False)
SCALED = Field("reals", 2, sequence=False, scaler=Scaler((0.0, 1.0), (1.0, 1.0)))


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        (DataSpec(REALS, CLASS), ("majority",)),
        (DataSpec(TOKENS, TOKENS, aligned=True), ("majority",)),
        (DataSpec(TOKENS, TOKENS, aligned=True, next_step=True), ("unigram", "bigram")),
        (DataSpec(TOKENS, TOKENS), ("most_frequent_sequence",)),
        (DataSpec(REALS, VECTOR), ("mean", "persistence")),
        (DataSpec(REALS, SCALED), ("mean",)),
        (DataSpec(VECTOR, VECTOR), ("mean",)),
        (DataSpec(TOKENS, VECTOR), ("mean",)),
    ],
)
def test_the_kind_of_the_target_chooses(spec: DataSpec, names: tuple[str, ...]) -> None:
    assert default_baselines(spec) == names


def test_the_registry_loads_no_scikit_learn() -> None:
    program = "import sys, rnnlab.baselines.evaluate; assert 'sklearn' not in sys.modules"

    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
