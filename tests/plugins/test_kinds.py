from __future__ import annotations

import pytest

from rnnlab.plugins.installed import GROUPS
from rnnlab.plugins.kinds import KINDS, base


@pytest.mark.parametrize("slot", KINDS)
def test_each_kind_is_the_class_that_it_names(slot: str) -> None:
    assert base(slot).__name__ == KINDS[slot].rpartition(":")[2]


def test_every_group_of_components_has_a_kind() -> None:
    assert set(GROUPS) < set(KINDS)
