from itertools import chain

import pytest

from rnnlab.data.dataset import Part
from rnnlab.data.division import divide_examples
from rnnlab.data.partition import partition
from rnnlab.errors import DataError


def divide(strata: list[str], groups: list[str] | None = None) -> dict[Part, list[int]]:
    return divide_examples(
        strata, "f.csv", val_fraction=0.2, test_fraction=0.2, split_seed=0, groups=groups
    )


def test_without_groups_it_is_the_partition() -> None:
    strata = list("aabbbbaaaa")
    expected = partition(strata, val_fraction=0.2, test_fraction=0.2, split_seed=0)
    assert divide(strata) == expected


def test_groups_are_not_torn_apart() -> None:
    groups = [str(i // 3) for i in range(60)]
    parts = divide(["same"] * 60, groups)
    assert sorted(chain(*parts.values())) == list(range(60))
    found = {part: {groups[i] for i in positions} for part, positions in parts.items()}
    assert not found["train"] & found["test"]
    assert not found["train"] & found["val"]
    assert not found["val"] & found["test"]
    assert len(found["test"]) == 4


@pytest.mark.parametrize("count", [0, 2, 4])
def test_an_empty_part_is_refused(count: int) -> None:
    with pytest.raises(DataError, match=r"dataset\.path=f\.csv: .*too few"):
        divide([str(i) for i in range(count)])
