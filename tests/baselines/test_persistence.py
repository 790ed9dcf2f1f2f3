import pytest
import torch

from rnnlab.baselines.persistence import Persistence
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.errors import ConfigError

PAST = Field("reals", 2, sequence=True)
INPUT = torch.arange(24.0).reshape(3, 4, 2)
LENGTHS = torch.tensor([4, 2, 1])


def fitted(given, spec: DataSpec) -> Persistence:
    persistence = Persistence()
    persistence.fit(given(spec, TensorSplit(INPUT, INPUT)))
    return persistence


def test_at_every_step_the_present_value(given) -> None:
    persistence = fitted(given, DataSpec(PAST, Field("reals", 1, sequence=True), aligned=True))

    output = persistence.output(Batch(INPUT))

    assert output.values is not None
    assert torch.equal(output.values, INPUT[..., :1])
    assert output.sequence is None


def test_the_last_valid_value_once(given) -> None:
    persistence = fitted(given, DataSpec(PAST, Field("reals", 2, sequence=False)))

    values = persistence.output(Batch(INPUT, torch.zeros(3, 2), LENGTHS)).values

    assert values is not None
    assert values.tolist() == [[6.0, 7.0], [10.0, 11.0], [16.0, 17.0]]


def test_the_last_valid_value_for_all_steps_to_come(given) -> None:
    persistence = fitted(given, DataSpec(PAST, Field("reals", 1, sequence=True)))

    output = persistence.output(Batch(INPUT, torch.zeros(3, 5, 1), LENGTHS))

    assert output.values is not None
    assert output.values[..., 0].tolist() == [[6.0] * 5, [10.0] * 5, [16.0] * 5]
    assert output.sequence is output.values


def test_a_target_without_its_past_is_refused(given) -> None:
    with pytest.raises(ConfigError, match="needs the past of its target"):
        fitted(given, DataSpec(PAST, Field("tokens", 2, sequence=False)))
