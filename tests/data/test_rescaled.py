from dataclasses import replace

import pytest
import torch

from rnnlab.data.batch import Batch
from rnnlab.data.dataset import Dataset
from rnnlab.data.rescaled import Rescaled
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import ExampleSplit, Split, TensorSplit

HERE, THERE = Scaler((2.0, -1.0), (0.5, 4.0)), Scaler((0.3, 0.1), (3.0, 0.2))
VALUES = torch.tensor([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]])


def spec(scaler: Scaler | None) -> DataSpec:
    target_scaler = None if scaler is None else Scaler(scaler.mean[:1], scaler.std[:1])
    return DataSpec(
        Field("reals", 2, sequence=True, scaler=scaler),
        Field("reals", 1, sequence=False, scaler=target_scaler),
    )


class Given(Dataset):
    baselines = ("mean",)
    season_length = 3

    def __init__(self, given: DataSpec, split: Split) -> None:
        self._given, self._split = given, split

    @property
    def spec(self) -> DataSpec:
        return self._given

    def split(self, part: str) -> Split:
        return self._split

    def sha256(self) -> str:
        return "ab"


@pytest.mark.parametrize("before", [HERE, None])
@pytest.mark.parametrize("after", [THERE, None])
def test_values_in_units_stay_what_they_are(before: Scaler | None, after: Scaler | None) -> None:
    old, new = spec(before), spec(after)
    units = VALUES.double()
    written = units if before is None else before.transform(units)
    goal = units[:, -1, :1] if before is None else old.target.scaler.transform(units[:, -1, :1])
    split = TensorSplit(written.float(), goal.float(), lengths=torch.tensor([2, 1]))
    found = Rescaled(Given(old, split), new).split("test")
    read = found.input if after is None else after.inverse(found.input)
    torch.testing.assert_close(read, VALUES)
    aim = found.target if after is None else new.target.scaler.inverse(found.target)
    torch.testing.assert_close(aim, VALUES[:, -1, :1])
    assert found.lengths is split.lengths


def test_examples_that_are_read_one_by_one_are_rescaled_too() -> None:
    whole = TensorSplit(HERE.transform(VALUES), torch.tensor([[0.0], [1.0]]))
    examples = [Batch(whole.input[i : i + 1], whole.target[i : i + 1]) for i in range(2)]
    split = ExampleSplit(lambda epoch: iter(examples), lambda batches: batches[0])
    (first, second) = Rescaled(Given(spec(HERE), split), spec(THERE)).split("test").examples(0)
    expected = Rescaled(Given(spec(HERE), whole), spec(THERE)).split("test")
    torch.testing.assert_close(torch.cat([first.input, second.input]), expected.input)
    torch.testing.assert_close(torch.cat([first.target, second.target]), expected.target)


def test_equal_scalers_and_classes_change_nothing() -> None:
    split = TensorSplit(VALUES, torch.tensor([1, 0]))
    old = replace(spec(HERE), target=Field("tokens", 2, sequence=False))
    dataset = Rescaled(Given(old, split), replace(spec(HERE), target=old.target))
    assert dataset.split("val") is split
    moved = Rescaled(Given(old, split), replace(spec(THERE), target=old.target)).split("val")
    assert torch.equal(moved.target, split.target)


def test_the_rest_is_the_dataset_s() -> None:
    dataset = Rescaled(Given(spec(HERE), TensorSplit(VALUES, VALUES)), spec(THERE))
    assert dataset.spec == spec(THERE)
    assert (dataset.baselines, dataset.season_length, dataset.sha256()) == (("mean",), 3, "ab")
