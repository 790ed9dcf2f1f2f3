from __future__ import annotations

from rnnlab.diagnostics.plots.unrolled import Network
from rnnlab.diagnostics.sections.unrolled import unrolled_section


def test_truncation_is_told_where_there_is_one() -> None:
    plain = unrolled_section(Network("gru", 1, 5, "every"))
    assert [each.name for each in plain.pictures] == ["unrolled"]
    assert len(plain.words) == 1
    assert len(unrolled_section(Network("gru", 1, 5, "every", truncate=9)).words) == 1
    cut = unrolled_section(Network("gru", 1, 5, "every", truncate=2)).words
    assert "truncated after 2 steps" in cut[1]
