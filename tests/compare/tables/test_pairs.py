from __future__ import annotations

from pathlib import Path

from rnnlab.compare.comparison import compare_runs
from rnnlab.compare.tables.pairs import HEAD, pair_rows
from tests.compare.conftest import Make


def test_every_pair_has_a_row(run: Make, outputs: Path) -> None:
    for seed in (0, 1, 2):
        run(seed, 0.5 + seed / 10, cell="gru")
        run(seed, 0.1 + seed / 9, cell="lstm")
        run(seed, 0.12 + seed / 11 + (seed == 1) / 5, cell="rnn")
    run(0, 0.01, cell="jordan")
    rows = pair_rows(compare_runs([outputs]))
    assert {len(row) for row in rows} == {len(HEAD)}
    assert [row[:2] for row in rows] == [
        ("cell=gru", "cell=rnn"), ("cell=gru", "cell=lstm"), ("cell=gru", "cell=jordan"),
        ("cell=rnn", "cell=lstm"), ("cell=rnn", "cell=jordan"), ("cell=lstm", "cell=jordan"),
    ]  # fmt: skip
    assert rows[1][-1] == "established"
    assert rows[3][-1].startswith("about ")
    assert rows[2][4:] == (
        "none: one replicate is shared, and there is one value of it", "1", "–", "–", "–"
    )  # fmt: skip
