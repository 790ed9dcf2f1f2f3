from __future__ import annotations

from rnnlab.diagnostics.plots.memory_curves import Saliency, Swaps
from rnnlab.diagnostics.sections.memory import memory_section


def test_the_context_is_told_in_inputs() -> None:
    saliencies = [Saliency("untrained", [0.0] * 10), Saliency("best", [1.0] * 10, 8)]
    section = memory_section(saliencies, [Swaps("best", [0], [1.0])])
    assert section.findings == ("best: 90% of the saliency lies within the last 9 of 10 inputs",)
    assert [each.name for each in section.pictures] == ["memory"]
    assert len(section.words) == 2
    assert section.numbers["saliency"][1]["context"] == 8
