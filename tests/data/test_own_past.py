import pytest
import torch

from rnnlab.data.batch import Batch
from rnnlab.data.own_past import last_step, own_past, own_past_refusal
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec, Field


def reals(size: int, scaler: Scaler | None = None, *, sequence: bool = True) -> Field:
    return Field("reals", size, sequence=sequence, scaler=scaler)


def test_the_first_features_in_the_units_of_the_target() -> None:
    of_input = Scaler((10.0, 20.0, 30.0), (2.0, 4.0, 8.0))
    of_target = Scaler((1.0, 2.0), (0.5, 0.25))
    units = torch.tensor([[[11.0, 19.0, 5.0], [14.0, 28.0, 6.0]]])
    batch = Batch(of_input.transform(units))

    for scaler, expected in (
        (of_target, of_target.transform(units[..., :2])),
        (None, units[..., :2]),
    ):
        past = own_past(batch, DataSpec(reals(3, of_input), reals(2, scaler)))
        torch.testing.assert_close(past, expected)
    unscaled = own_past(Batch(units), DataSpec(reals(3), reals(2, of_target)))
    torch.testing.assert_close(unscaled, of_target.transform(units[..., :2]))


def test_values_scaled_alike_come_back_bit_by_bit() -> None:
    scaler = Scaler((0.1,), (0.3,))
    batch = Batch(torch.randn(3, 4, 1))

    assert torch.equal(own_past(batch, DataSpec(reals(1, scaler), reals(1, scaler))), batch.input)


def test_values_scaled_alike_by_logarithm_come_back_too() -> None:
    scaler = Scaler((0.1,), (0.3,), log=True)
    batch = Batch(torch.randn(3, 4, 1))

    assert torch.equal(own_past(batch, DataSpec(reals(1, scaler), reals(1, scaler))), batch.input)


def test_the_last_valid_step() -> None:
    assert last_step(Batch(torch.zeros(2, 5, 1))).tolist() == [4, 4]
    assert last_step(Batch(torch.zeros(2, 5, 1), lengths=torch.tensor([2, 0]))).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("past", "target"),
    [
        (Field("tokens", 3, sequence=True), reals(1)),
        (reals(3), Field("tokens", 3, sequence=True)),
        (reals(1), reals(2)),
        (reals(2, sequence=False), reals(1)),
    ],
)
def test_what_cannot_be_the_past_is_refused(past: Field, target: Field) -> None:
    assert "needs the past of its target" in str(own_past_refusal(DataSpec(past, target)))
