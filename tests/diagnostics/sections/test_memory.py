from __future__ import annotations

import math

import torch
from torch import Tensor

from rnnlab.diagnostics.sections.memory import all_changes, memory_section
from rnnlab.probing.saliency import Saliency
from rnnlab.probing.swapping import Change, Swaps


def saliency(norms: list[float]) -> Saliency:
    found = torch.tensor(norms).double()
    return Saliency(found, torch.ones(len(norms)).long(), found[None], "output", True)


def change(*means: float) -> Change:
    return Change(torch.tensor(means).double(), torch.full((len(means),), 0.5).double())


def swaps(classes: bool) -> Swaps:
    rows: Tensor = torch.tensor([4, 3])
    of_classes = (change(0.5, math.nan), change(0.25, 0.0)) if classes else (None, None)
    return Swaps((0, 2), rows, rows - 1, change(1.0, 2.0), change(1.0, 1.0), *of_classes)


def test_the_context_is_told_in_inputs() -> None:
    section = memory_section(
        {
            "nothing": saliency([0.0] * 4),
            "short": saliency([1.0, 0.0, 0.0]),
            "long": saliency([1.0] * 10),
        }
    )
    assert section.findings == (
        "short: 90% of the saliency lies within the last input alone",
        "long: 90% of the saliency lies within the last 9 of 10 inputs",
    )
    assert [each.name for each in section.pictures] == ["memory"]
    assert len(section.words) == 1


def test_swaps_of_classes_are_distributions_and_of_reals_values() -> None:
    [classes], [reals] = (all_changes({"best": swaps(kind)}) for kind in (True, False))
    assert "total variation" in classes.unit
    assert list(classes.lags) == [0, 2]
    assert classes.changes[0] == 0.5
    assert classes.errors == [0.98, 0.98]
    assert "absolute" in reals.unit
    assert reals.changes == [1.0, 2.0]


def test_swaps_have_a_table() -> None:
    [table] = memory_section({}, {"best": swaps(True)}).tables
    assert table.rows == (
        ("best", "0", "4", "3", "1", "0.5", "0.25"),
        ("best", "2", "3", "2", "2", "–", "0"),
    )
