from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnnlab.bench.picture import draw
from rnnlab.bench.record import Record
from rnnlab.errors import StorageError

pytest.importorskip("matplotlib")


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The figures that are saved."""
    from matplotlib.figure import Figure

    saved: list[Any] = []
    save = Figure.savefig

    def keep(self: Figure, *arguments: Any, **options: Any) -> None:
        saved.append(self)
        save(self, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", keep)
    return saved


def test_each_cell_has_a_panel_of_ratios(
    record: Record, tmp_path: Path, figures: list[Any]
) -> None:
    path = tmp_path / "out.png"
    draw(record, path)
    assert path.read_bytes().startswith(b"\x89PNG")
    (figure,) = figures
    lstm, gru = figure.axes
    assert [lstm.get_title(), gru.get_title()] == ["lstm: over nn.LSTM", "gru: over nn.GRU"]
    heights = {
        container.get_label(): container.lines[0].get_ydata().tolist()
        for container in gru.containers
    }
    assert heights == {"loop": [pytest.approx(0.5)], "compiled": [pytest.approx(0.125)]}
    assert lstm.get_yscale() == "log"
    assert [label.get_text() for label in figure.legends[0].get_texts()] == ["loop", "compiled"]


def test_a_cell_that_torch_does_not_have_is_drawn_over_the_loop(
    record: Record, tmp_path: Path, figures: list[Any]
) -> None:
    del record.results[0].measured[0]
    record.results[1].cell = "lstm"
    record.results.pop()
    draw(record, tmp_path / "out.svg")
    assert figures[0].axes[0].get_title() == "lstm: over loop"


def test_four_cells_take_two_rows(record: Record, tmp_path: Path, figures: list[Any]) -> None:
    result = record.results[0]
    record.results = [
        type(result)(name, result.size, result.measured, 1) for name in ("a", "b", "c", "d")
    ]
    draw(record, tmp_path / "out.pdf")
    assert [axes.get_visible() for axes in figures[0].axes] == [True] * 4 + [False] * 2


def test_a_full_disk_is_one_line(record: Record, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"out\.png: cannot be written: No such file"):
        draw(record, tmp_path / "gone" / "out.png")
