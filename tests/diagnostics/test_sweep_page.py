from __future__ import annotations

import json
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from rnnlab.diagnostics.flows import Flows, read_flows
from rnnlab.diagnostics.sweep_page import pictures, sweep_page, write_sweep_report
from rnnlab.diagnostics.sweep_tables import as_tables
from rnnlab.errors import ConfigError, StorageError
from tests.diagnostics.flow_runs import make_flow, make_sweep

HOSTILE = '<script>alert("1")</script>'


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs in which clipping helps an RNN at 100 steps, and nothing else is different."""
    poor, good = [(10, 0.12), (11, 0.14), (12, 0.13)], [(60, 0.98), (62, 0.99), (61, 0.97)]
    return make_sweep(
        tmp_path_factory.mktemp("sweep"),
        {
            f"{steps}-{clip}": (
                {
                    "cell": "rnn",
                    "steps": steps,
                    "trainer__gradient_clip_val": clip,
                    "baselines": {"majority": 0.125},
                },
                good if clip == 1 and steps == 100 else poor,
            )
            for steps in (50, 100)
            for clip in (None, 1)
        },
    )


@pytest.fixture(scope="module")
def flows(sweep: Path) -> Flows:
    return read_flows([sweep])


def test_the_page_says_which_remedy_moved_what(sweep: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.html"

    write_sweep_report([sweep], target)

    text = target.read_text()
    assert "trainer.gradient_clip_val: null → 1" in text
    assert "horizon after training: higher in 1 of 2 places (dataset.steps=100)" in text
    assert (
        "test/accuracy: higher in 1 of 2 places (dataset.steps=100); not established in 1" in text
    )
    assert "horizon before training: no change established in any of 2 places" in text
    assert "gradient_clip_val=1: test/accuracy beyond every baseline at dataset.steps = 100" in text
    assert "gradient_clip_val=null: test/accuracy at no length beyond the baselines" in text


def test_the_page_needs_nothing_else(flows: Flows) -> None:
    links = Links()
    links.feed(sweep_page(flows))

    assert links.tags.count("img") == 4
    assert all(source.startswith("data:image/png;base64,") for source in links.sources)
    assert "script" not in links.tags


def test_a_picture_for_the_growth_and_one_for_each_length(flows: Flows) -> None:
    assert [picture.name for picture in pictures(flows)] == ["horizons", "decay_50", "decay_100"]


def test_the_numbers_are_written_as_they_are(sweep: Path, tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.json"

    write_sweep_report([sweep], tmp_path / "out.html", numbers=numbers)

    plain = json.loads(numbers.read_text())
    assert plain["units"]["horizon after training"] == "steps"
    where = {"dataset.steps": "100", "trainer.gradient_clip_val": "1"}
    (setting,) = [each for each in plain["settings"] if each["keys"] == where]
    horizon = setting["measures"]["horizon after training"]
    assert horizon["seeds"] == {"0": 60, "1": 62, "2": 61}
    assert (horizon["n"], horizon["mean"], horizon["sd"]) == (3, 61, pytest.approx(1))
    (remedy,) = plain["remedies"]
    assert [remedy[name] for name in ("key", "before", "after")] == [
        "trainer.gradient_clip_val", "null", "1",
    ]  # fmt: skip
    moved = {
        place["where"]["dataset.steps"]: place["differences"]["horizon after training"]
        for place in remedy["places"]
    }
    assert moved["100"]["mean"] == 50
    assert moved["100"]["established"]
    assert moved["50"]["mean"] == 0
    assert not moved["50"]["established"]


def test_names_are_escaped(tmp_path: Path) -> None:
    for seed, label in enumerate((HOSTILE, "plain")):
        make_flow(tmp_path / str(seed), seed, 0.5, horizon=20, cell__label=label)

    text = sweep_page(read_flows([tmp_path]))

    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_the_terminal_is_told_the_same(flows: Flows) -> None:
    console = Console(width=160, record=True, file=StringIO())
    console.print(*as_tables(flows), sep="\n")
    text = console.export_text()

    assert "horizon after training, steps" in text
    assert "61 [58.52, 63.48]" in text
    assert "trainer.gradient_clip_val: null → 1:" in text


def test_runs_without_lengths_make_a_page_too(tmp_path: Path) -> None:
    make_sweep(tmp_path / "runs", {cell: ({"cell": cell}, [(5, 0.5)]) for cell in ("rnn", "gru")})

    text = sweep_page(read_flows([tmp_path]))

    assert "cell: rnn → gru" in text
    assert "Gradient through time" in text


def test_what_cannot_be_written_or_read_is_told(sweep: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        write_sweep_report([sweep], tmp_path)
    with pytest.raises(ConfigError, match="there is no such folder"):
        write_sweep_report([tmp_path / "nowhere"], tmp_path / "out.html")
