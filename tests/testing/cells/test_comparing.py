from __future__ import annotations

from typing import Any, NamedTuple

import pytest
import torch

from rnnlab.testing.cells.comparing import copied, difference, form

NAN = float("nan")


class Pair(NamedTuple):
    h: Any
    count: Any


@pytest.mark.parametrize(
    ("a", "b", "found"),
    [
        (torch.ones(2), torch.ones(2), None),
        (torch.ones(2), torch.ones(2) + 1e-12, None),
        (torch.tensor([1.0, NAN]), torch.tensor([1.0, NAN]), None),
        ((torch.ones(2), {"a": torch.ones(1)}), (torch.ones(2), {"a": torch.ones(1)}), None),
        (torch.tensor([1.0, 2.5]), torch.tensor([1.0, 2.0]), "values up to 0.5 apart"),
        (torch.tensor([NAN]), torch.tensor([2.0]), "values of which some are NaN or infinite"),
        (torch.tensor([True]), torch.tensor([False]), "values that are not all equal"),
        (torch.tensor([1j]), torch.tensor([-1j]), "values up to 2 apart"),
        (torch.tensor([3]), torch.tensor([1]), "values up to 2 apart"),
        (torch.ones(1), torch.ones(1).double(), "torch.float32 and torch.float64"),
        (torch.ones(1), torch.ones(2), "float32(1,) and float32(2,)"),
        ((torch.ones(1),), [torch.ones(1)], "(float32(1,),) and [float32(1,)]"),
    ],
)
def test_difference(a: object, b: object, found: str | None) -> None:
    assert difference(a, b) == found


def test_bit_equality() -> None:
    a = torch.ones(1, dtype=torch.float64)
    assert difference(a, a + 1e-12, 0.0) is not None
    assert difference(a, a.clone(), 0.0) is None


def test_form() -> None:
    state = {"pair": Pair(torch.ones(2, 3), 4), "none": None}
    assert form(state) == "{'pair': Pair(h=float32(2, 3), count=4), 'none': None}"


def test_copies_have_no_history_and_share_nothing() -> None:
    a = torch.ones(1, requires_grad=True)
    b = 2 * a
    (copy,) = copied((b,))
    assert not copy.requires_grad
    copy.zero_()
    assert b.item() == 2
