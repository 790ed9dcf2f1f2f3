from collections import Counter
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.data.partition import partition, shuffled
from rnnlab.errors import ConfigError


def test_the_order_of_a_seed_never_changes() -> None:
    assert shuffled(8, 0) == [3, 7, 5, 2, 4, 1, 6, 0]


def test_orders_are_permutations_and_differ_between_seeds() -> None:
    assert sorted(shuffled(100, 3)) == list(range(100))
    assert shuffled(100, 3) != shuffled(100, 4)


@settings(deadline=None, max_examples=30)
@given(
    strata=st.lists(st.sampled_from("abc"), min_size=10, max_size=60),
    val=st.floats(0, 0.4),
    test=st.floats(0, 0.4),
    seed=st.integers(0, 2**31),
)
def test_every_group_is_divided_in_the_same_proportions(
    strata: list[str], val: float, test: float, seed: int
) -> None:
    parts = partition(strata, val_fraction=val, test_fraction=test, split_seed=seed)
    assert sorted(chain(*parts.values())) == list(range(len(strata)))
    for group, count in Counter(strata).items():
        assert sum(strata[i] == group for i in parts["test"]) == round(count * test)
        assert sum(strata[i] == group for i in parts["val"]) == round(count * val)


@pytest.mark.parametrize(("val", "test"), [(-0.1, 0.2), (0.1, 1.0), (0.5, 0.5)])
def test_wrong_shares_are_refused(val: float, test: float) -> None:
    with pytest.raises(ConfigError, match=r"dataset\.(val|test)_fraction"):
        partition([0] * 10, val_fraction=val, test_fraction=test, split_seed=0)
